<?php
/**
 * Loads the WordPress plugin with stand-ins for the functions that it calls, and says what it prints.
 *
 * Each test is a sentence; the last line counts them. Run by `cargo xtask test`, or: php tests/wordpress/harness.php
 */

declare(strict_types=1);

error_reporting( E_ALL );
set_error_handler( static function ( int $level, string $message, string $file, int $line ): bool {
	throw new ErrorException( $message, 0, $level, $file, $line );
} );

define( 'ABSPATH', __DIR__ );

/** What WordPress would keep between calls. */
final class World {
	public static array $options = array();
	public static array $filters = array();
	public static array $shortcodes = array();
	public static array $scripts = array();
	public static array $enqueued = array();
	public static array $blocks = array();
	public static array $settings = array();
	public static array $said = array();
	public static array $asked = array();
	public static array $inline = array();
	/** @var mixed */
	public static $answer = null;
	public static bool $feed = false;
	public static bool $may = true;
	public static array $uninstall = array();
	public static array $sites = array();
	public static bool $admin = false;
	public static array $done = array();
	public static array $cron = array();
	public static string $uploads = '';
	public static ?Modules $modules = null;
	/** @var array<string, object> */
	public static array $registered = array();

	public static function fresh( array $options = array() ): void {
		self::$options  = $options;
		self::$scripts  = self::$enqueued = self::$said = self::$asked = self::$inline = array();
		self::$feed     = false;
		self::$may      = true;
		self::$answer   = array( 'code' => 200, 'body' => '… unticked-form …' );
		self::$sites    = array();
		self::$admin    = false;
		self::$done     = array();
		self::$cron     = self::$registered = array();
		unticked_init();
	}
}

/** As WordPress' own: prints what it knows, and asks nobody. */
final class Modules {
	public function print_script_module_preloads(): void {
		foreach ( array( 'own/part' => 'https://shop.example/p.js', 'ads-part' => 'https://shop.example/ads.js', 'their/part' => '//cdn.example/p.js?a=1&amp;b=2' ) as $id => $href ) {
			echo '<link rel="modulepreload" href="' . $href . '" id="' . $id . '-js-modulepreload">' . "\n";
		}
	}
}

class WP_Error {
	private string $message;
	public function __construct( string $message ) { $this->message = $message; }
	public function get_error_message(): string { return $this->message; }
}

function get_option( $name, $default = false ) { return World::$options[ $name ] ?? $default; }
function delete_option( $name ) { unset( World::$options[ $name ] ); return true; }
function add_action( $hook, $call, $priority = 10, $count = 1 ) { World::$filters[ $hook ][] = $call; }
function add_filter( $hook, $call, $priority = 10, $count = 1 ) { World::$filters[ $hook ][] = $call; }
function filtered( $hook, ...$values ) {
	foreach ( World::$filters[ $hook ] ?? array() as $call ) {
		$values[0] = $call( ...$values );
	}
	return $values[0];
}
function update_option( $name, $value ) { World::$options[ $name ] = $value; return true; }
function has_action( $hook, $call ) { return in_array( $call, World::$filters[ $hook ] ?? array(), true ) ? 10 : false; }
function remove_action( $hook, $call, $priority ) { World::$filters[ $hook ] = array_values( array_filter( World::$filters[ $hook ], static function ( $one ) use ( $call ) { return $one !== $call; } ) ); }
function wp_script_modules() { return World::$modules = World::$modules ?? new Modules(); }
function wp_scripts() { return (object) array( 'registered' => World::$registered ); }
function wp_styles() { return (object) array( 'registered' => array( 'ads-font' => (object) array( 'src' => 'https://font.example/a.css' ) ) ); }
function wp_upload_dir() { return array( 'basedir' => World::$uploads, 'baseurl' => 'https://shop.example/up', 'error' => false ); }
function wp_mkdir_p( $folder ) { return is_dir( $folder ) || mkdir( $folder, 0777, true ); }
function wp_rand() { return random_int( 0, PHP_INT_MAX ); }
function wp_next_scheduled( $hook ) { return World::$cron[ $hook ] ?? false; }
function wp_schedule_event( $at, $how_often, $hook ) { World::$cron[ $hook ] = $how_often; }
function wp_clear_scheduled_hook( $hook ) { unset( World::$cron[ $hook ] ); }
function register_deactivation_hook( $file, $call ) {}
function add_shortcode( $name, $call ) { World::$shortcodes[ $name ] = $call; }
function shortcode_atts( $defaults, $attributes, $name = '' ) { return array_intersect_key( (array) $attributes, $defaults ) + $defaults; }
function do_shortcode( $content ) { return $content; }
function wp_parse_args( $args, $defaults ) { return array_merge( $defaults, $args ); }
function wp_parse_url( $url, $component = -1 ) { return parse_url( $url, $component ); }
function esc_html( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES ); }
function esc_attr( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES ); }
function esc_textarea( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES ); }
function esc_url( $url ) { return preg_match( '#^https?://#', $url ) ? htmlspecialchars( $url, ENT_QUOTES ) : ''; }
function __( $text, $domain = '' ) { domain( $domain ); return $text; }
function esc_html__( $text, $domain = '' ) { domain( $domain ); return esc_html( $text ); }
function domain( string $domain ): void {
	if ( 'unticked' !== $domain ) {
		throw new LogicException( 'a text without its domain cannot be translated' );
	}
}
function is_admin() { return World::$admin; }
function did_action( $name ) { return World::$done[ $name ] ?? 0; }
function do_action( $name ) { World::$done[ $name ] = 1 + did_action( $name ); }
function home_url() { return 'https://shop.example'; }
function wp_json_encode( $value, $flags = 0 ) { return json_encode( $value, $flags ); }
function wp_get_script_tag( $attributes ) {
	$tag = '<script';
	foreach ( filtered( 'wp_script_attributes', $attributes + array( 'nonce' => 'n' ) ) as $name => $value ) {
		$tag .= ' ' . $name . '="' . esc_attr( $value ) . '"';
	}
	return $tag . "></script>\n";
}
function wp_get_inline_script_tag( $text, $attributes ) { return "<script nonce=\"n\">\n$text\n</script>\n"; }
function is_feed() { return World::$feed; }
function is_multisite() { return array() !== World::$sites; }
function get_sites( $query ) { return array_keys( World::$sites ); }
function switch_to_blog( $id ) { World::$options = &World::$sites[ $id ]; }
function restore_current_blog() {}
function wp_register_script( $handle, $src, $needs = array(), $version = false, $footer = false ) { World::$scripts[ $handle ] = compact( 'src', 'needs', 'version', 'footer' ); }
function wp_enqueue_script( $handle ) { World::$enqueued[ $handle ] = true; }
function wp_add_inline_script( $handle, $text ) { World::$inline[ $handle ] = $text; }
function wp_set_script_translations( $handle, $domain ) {}
function register_block_type( $name, $arguments ) { World::$blocks[ $name ] = $arguments; }
function load_plugin_textdomain( $domain, $old, $path ) {}
function plugin_basename( $file ) { return 'unticked/unticked.php'; }
function register_uninstall_hook( $file, $call ) { World::$uninstall[] = $call; }
function register_setting( $group, $name, $arguments ) { World::$settings[ $name ] = $arguments; }
function add_settings_section( ...$arguments ) {}
function add_settings_field( $id, $title, $call ) { World::$settings[ $id ] = $call; }
function add_settings_error( $setting, $code, $message, $type = 'error' ) { World::$said[] = array( $type, $message ); }
function add_options_page( $title, $menu, $capability, $slug, $call ) { World::$settings['page'] = compact( 'capability', 'call' ); }
function settings_fields( $group ) { echo '<input type="hidden" name="_wpnonce" value="n">'; }
function do_settings_sections( $page ) { ( World::$settings['unticked-collector'] )(); ( World::$settings['unticked-adopt'] )();
	foreach ( array( 'gate', 'own', 'handles', 'embeds', 'consents' ) as $name ) {
		( World::$settings[ 'unticked-' . $name ] )();
	}
}
function submit_button() {}
function admin_url( $path = '' ) { return 'https://shop.example/wp-admin/' . $path; }
function current_user_can( $capability ) { return World::$may && 'manage_options' === $capability; }
function wp_die( $message ) { throw new RuntimeException( $message ); }
function wp_check_invalid_utf8( $text ) { return preg_match( '//u', $text ) ? $text : ''; }
function wp_remote_get( $url, $arguments ) { World::$asked[] = array( $url, $arguments ); return World::$answer; }
function is_wp_error( $thing ) { return $thing instanceof WP_Error; }
function wp_remote_retrieve_response_code( $answer ) { return $answer['code']; }
function wp_remote_retrieve_body( $answer ) { return $answer['body']; }

require dirname( __DIR__, 2 ) . '/examples/wordpress/unticked.php';

function same( $found, $expected, string $what = '' ): void {
	if ( $found !== $expected ) {
		throw new LogicException( "$what\n  found    " . var_export( $found, true ) . "\n  expected " . var_export( $expected, true ) );
	}
}
function tag(): string {
	$script = World::$scripts['unticked'];
	return filtered( 'script_loader_tag', "<script src='" . $script['src'] . "' id='unticked-js' defer></script>", 'unticked', $script['src'] );
}

function head(): string {
	ob_start();
	foreach ( array( 'wp_head', 'wp_print_scripts' ) as $hook ) {
		( World::$filters[ $hook ][0] )();
	}
	return (string) ob_get_clean();
}

const GATED = array( 'unticked' => array( 'collector' => 'https://forms.example', 'gate' => '1', 'handles' => "gtag = statistics\nads-* = ads", 'embeds' => "youtube.com = media\n* = others", 'consents' => "statistics = statistics\nmarketing = ads" ) );
const SET = array( 'unticked' => array( 'collector' => 'https://forms.example', 'adopt' => '' ) );

$tests = array(
	'the shortcode prints the element with its link inside and asks for the script' => static function (): void {
		World::fresh( SET );
		$html = World::$shortcodes['unticked']( array( 'form' => 'contact', 'text' => 'Write & ask' ) );
		same( $html, '<unticked-form form="contact"><a href="https://forms.example/f/contact">Write &amp; ask</a></unticked-form>' );
		same( World::$enqueued, array( 'unticked' => true ) );
		same( World::$shortcodes['unticked']( '' ), '<unticked-form form="contact"><a href="https://forms.example/f/contact">Open the form</a></unticked-form>' );
	},
	'the block prints the very same' => static function (): void {
		World::fresh( SET );
		$block = World::$blocks['unticked/form'];
		same( $block['render_callback']( array( 'form' => 'contact', 'text' => 'x', 'lang' => 'bg' ) ), World::$shortcodes['unticked']( array( 'text' => 'x', 'lang' => 'bg' ) ) );
		same( $block['editor_script'], 'unticked-block' );
		same( str_contains( World::$inline['unticked-block'], "registerBlockType( 'unticked/form'" ), true );
	},
	'what an author types cannot leave its place' => static function (): void {
		World::fresh( SET );
		$evil = '"><script>alert(1)</script>';
		same( str_contains( World::$shortcodes['unticked']( array( 'form' => 'contact', 'text' => $evil, 'lang' => $evil ) ), '<script' ), false );
		same( World::$shortcodes['unticked']( array( 'form' => $evil ) ), '<!-- Unticked: the form has no valid id -->' );
		same( World::$shortcodes['unticked']( array( 'form' => "contact\n" . '../x' ) ), '<!-- Unticked: the form has no valid id -->' );
	},
	'without an address nothing is printed that a visitor sees, and nothing is asked for' => static function (): void {
		World::fresh();
		same( World::$shortcodes['unticked']( array() ), '<!-- Unticked: the collector has no address; see Settings, Unticked -->' );
		same( World::$enqueued, array() );
		same( isset( World::$scripts['unticked'] ), false );
	},
	'the script tag is asynchronous, unversioned and told to optimisers' => static function (): void {
		World::fresh( SET );
		same( World::$scripts['unticked']['version'], null, 'no version' );
		same( tag(), '<script async src="https://forms.example/unticked.js" id="unticked-js" data-no-optimize="1" data-no-defer="1" data-no-minify="1" data-noptimize="1" data-cfasync="false"></script>' . "\n" );
		same( filtered( 'script_loader_tag', '<script defer></script>', 'jquery', 'x' ), '<script defer></script>', "others' tags" );
	},
	'optimisers are asked to leave it alone' => static function (): void {
		World::fresh( SET );
		foreach ( array( 'rocket_exclude_js', 'rocket_exclude_defer_js', 'rocket_delay_js_exclusions', 'litespeed_optimize_js_excludes', 'litespeed_optm_js_defer_exc' ) as $filter ) {
			same( filtered( $filter, array( 'other.js' ) ), array( 'other.js', 'https://forms.example/unticked.js' ), $filter );
		}
		same( filtered( 'rocket_minify_excluded_external_js', array() ), array( 'forms.example' ) );
		same( filtered( 'autoptimize_filter_js_exclude', 'a.js, b.js' ), 'a.js, b.js, unticked.js' );
		same( filtered( 'autoptimize_filter_js_exclude', '' ), 'unticked.js' );
	},
	'forms of other plugins are named at the script, on every page' => static function (): void {
		World::fresh( array( 'unticked' => array( 'collector' => 'https://forms.example', 'adopt' => "contact = .wpcf7-form\norder = #a > form[name=\"x\"]" ) ) );
		( World::$filters['wp_enqueue_scripts'][0] )();
		same( World::$enqueued, array( 'unticked' => true ) );
		same( str_contains( tag(), ' data-adopt="contact = .wpcf7-form; order = #a &gt; form[name=&quot;x&quot;]"' ), true, tag() );
	},
	'without such forms the script is only where a form is' => static function (): void {
		World::fresh( SET );
		( World::$filters['wp_enqueue_scripts'][0] )();
		same( World::$enqueued, array() );
	},
	'the shortcode around a form marks the form inside, and that one only' => static function (): void {
		World::fresh( SET );
		$html = World::$shortcodes['unticked_adopt']( array( 'form' => 'contact' ), '<formula><form action="/a" class="x"></form><form></form>' );
		same( $html, '<formula><form data-unticked-adopt="contact" action="/a" class="x"></form><form></form>' );
		World::fresh();
		same( World::$shortcodes['unticked_adopt']( array(), '<form>' ), '<form>', 'no collector, no change' );
	},
	'a feed gets the link alone' => static function (): void {
		World::fresh( SET );
		World::$feed = true;
		same( World::$shortcodes['unticked']( array( 'text' => 'Ask' ) ), '<a href="https://forms.example/f/contact">Ask</a>' );
	},
	'a valid address is kept as an origin, and asked' => static function (): void {
		World::fresh();
		$clean = unticked_sanitize( array( 'collector' => ' HTTPS://Forms.Example:8443/ ', 'adopt' => '' ) );
		same( $clean, array( 'collector' => 'https://forms.example:8443', 'adopt' => '' ) );
		same( World::$asked[0][0], 'https://forms.example:8443/unticked.js' );
		same( World::$said, array( array( 'success', 'The collector at https://forms.example:8443 answers.' ) ) );
	},
	'an address that is none is left as it was' => static function (): void {
		foreach ( array( 'forms.example', 'http://forms.example', 'https://forms.example/path', 'https://u:p@forms.example', 'javascript:alert(1)', 'https://forms.example?x', 'https://"onload=' ) as $bad ) {
			World::fresh( SET );
			same( unticked_sanitize( array( 'collector' => $bad ) )['collector'], 'https://forms.example', $bad );
			same( World::$said[0][0], 'error', $bad );
			same( World::$asked, array(), $bad );
		}
		same( unticked_origin( 'http://localhost:7410' ), 'http://localhost:7410', 'this machine may do without TLS' );
	},
	'nothing, or something else, that answers is said and saved all the same' => static function (): void {
		World::fresh();
		World::$answer = new WP_Error( 'Connection refused <b>' );
		same( unticked_sanitize( array( 'collector' => 'https://a.example' ) )['collector'], 'https://a.example' );
		same( World::$said[0], array( 'warning', 'Saved, but nothing answers at https://a.example (Connection refused &lt;b&gt;). Is the collector running, and reachable from here?' ) );
		World::$answer = array( 'code' => 404, 'body' => 'x' );
		unticked_sanitize( array( 'collector' => 'https://b.example' ) );
		same( World::$said[1][0], 'warning' );
		same( str_contains( World::$said[1][1], 'status 404' ), true );
	},
	'a line that takes over no form is left out with a sentence' => static function (): void {
		World::fresh( SET );
		$clean = unticked_sanitize( array( 'collector' => '', 'adopt' => "contact=.a\r\nno line\norder = #b > form \nx=a;b\nBad=.c\n\ncontact = .a" ) );
		same( $clean['adopt'], "contact = .a\norder = #b > form" );
		same( count( World::$said ), 3 );
		same( $clean['collector'], '' );
		same( unticked_sanitize( 'nonsense' ), array( 'collector' => '', 'adopt' => '' ), 'no list at all' );
	},
	'the settings page is for who may manage the site, with a nonce, escaped' => static function (): void {
		World::fresh( array( 'unticked' => array( 'collector' => '"><b>', 'adopt' => '</textarea><b>' ) ) );
		unticked_admin_init();
		unticked_menu();
		same( World::$settings['page']['capability'], 'manage_options' );
		ob_start();
		( World::$settings['page']['call'] )();
		$html = (string) ob_get_clean();
		same( str_contains( $html, '_wpnonce' ), true );
		same( str_contains( $html, '<b>' ), false, $html );
		World::$may = false;
		try {
			( World::$settings['page']['call'] )();
			throw new LogicException( 'a stranger saw the settings' );
		} catch ( RuntimeException $refused ) {
			same( '' !== $refused->getMessage(), true );
		}
	},
	'the gate is printed once, first, told to optimisers, with the nonce that others add' => static function (): void {
		World::fresh( SET );
		same( head(), '', 'not asked for' );
		World::fresh( GATED );
		$head = head();
		same( substr_count( $head, '/gate.js' ), 1, $head );
		same( strpos( $head, '<script src="https://forms.example/gate.js" id="unticked-gate-js" data-no-optimize="1" data-no-defer="1" data-no-minify="1" data-noptimize="1" data-cfasync="false" nonce="n"></script>' ), 0, $head );
		same( filtered( 'rocket_exclude_js', array() ), array( 'https://forms.example/unticked.js', 'https://forms.example/gate.js' ) );
		same( filtered( 'autoptimize_filter_js_exclude', '' ), 'unticked.js, gate.js' );
		foreach ( array( 'admin', 'feed' ) as $where ) {
			World::fresh( GATED );
			World::${$where} = true;
			same( head(), '', $where );
		}
		World::fresh( GATED );
		World::$done['login_init'] = 1;
		same( head(), '', 'nor where one logs in' );
	},
	'a script waits by its handle, with what was added around it; data and other scripts do not' => static function (): void {
		World::fresh( GATED );
		$mark = static function ( string $tag, string $handle ) { return filtered( 'script_loader_tag', $tag, $handle, 'x' ); };
		same( $mark( "<script type='text/javascript' id='gtag-js-before'>a > b</script>\n<script async src='https://g.example/x.js?a=1' id='gtag-js' nonce='n'></script>", 'gtag' ),
			"<script type=\"text/plain\" data-category=\"statistics\" id='gtag-js-before'>a > b</script>\n<script type=\"text/plain\" data-category=\"statistics\" async src='https://g.example/x.js?a=1' id='gtag-js' nonce='n'></script>" );
		same( $mark( '<script type="module" src="m.js" data-x="a>b"></script>', 'ads-pixel' ), '<script type="text/plain" data-category="ads" data-type="module" src="m.js" data-x="a>b"></script>' );
		same( $mark( '<script type="application/json">{}</script>', 'gtag' ), '<script type="application/json">{}</script>', 'data' );
		same( $mark( '<script type=importmap>{}</script>', 'gtag' ), '<script type=importmap>{}</script>', 'an import map' );
		same( $mark( '<script type="text/plain" data-category="x">1</script>', 'gtag' ), '<script type="text/plain" data-category="x">1</script>', 'waits already' );
		same( $mark( '<script src="j.js"></script>', 'gtag2' ), '<script src="j.js"></script>', 'another handle' );
		same( filtered( 'style_loader_tag', "<link rel='stylesheet' id='ads-font-css' href='https://f.example/a.css' media='all' />", 'ads-font' ),
			"<link data-category=\"ads\" rel='stylesheet' id='ads-font-css' data-href='https://f.example/a.css' media='all' />" );
		same( filtered( 'wp_script_attributes', array( 'type' => 'module', 'src' => 'm.js', 'id' => 'ads-one-js-module' ) ),
			array( 'type' => 'text/plain', 'data-category' => 'ads', 'data-type' => 'module', 'src' => 'm.js', 'id' => 'ads-one-js-module' ) );
		same( filtered( 'wp_script_attributes', array( 'type' => 'module', 'src' => 'm.js', 'id' => '@wordpress/a-js-module' ) )['type'], 'module' );
		same( filtered( 'wp_script_attributes', array( 'src' => 'm.js', 'id' => 'gtag-js' ) ), array( 'src' => 'm.js', 'id' => 'gtag-js' ) );
		World::fresh( SET );
		same( $mark( '<script src="j.js"></script>', 'gtag' ), '<script src="j.js"></script>', 'without the gate nothing would ever run it' );
	},
	'films, maps and posts from elsewhere wait, the site\'s own frames do not' => static function (): void {
		World::fresh( GATED );
		$marked = static function ( string $html ): string { return filtered( 'the_content', $html ); };
		same( $marked( '<p><iframe title="A > B" width="560" src="https://www.youtube.com/embed/x?a=1&amp;b=2" allowfullscreen></iframe>' ),
			'<p><iframe data-category="media" title="A > B" width="560" data-src="https://www.youtube.com/embed/x?a=1&amp;b=2" allowfullscreen></iframe>' );
		same( $marked( '<iframe src=//maps.example/m></iframe>' ), '<iframe data-category="others" data-src=//maps.example/m></iframe>' );
		same( $marked( '<iframe src="https://notyoutube.com/"></iframe>' ), '<iframe data-category="others" data-src="https://notyoutube.com/"></iframe>', 'no other name that ends so' );
		foreach ( array( '<iframe src="/local"></iframe>', '<iframe src="https://shop.example/x"></iframe>', '<iframe src="https://forms.example/f/contact"></iframe>', '<iframe srcdoc="<p>"></iframe>', '<iframe data-category="ads" data-src="https://a.example/"></iframe>', '<iframes src="https://a.example">' ) as $own ) {
			same( $marked( $own ), $own );
		}
		same( $marked( '<blockquote></blockquote><script async src="https://platform.example/w.js" charset="utf-8"></script><script>1</script>' ),
			'<blockquote></blockquote><script type="text/plain" data-category="others" async src="https://platform.example/w.js" charset="utf-8"></script><script>1</script>' );
		same( $marked( $marked( '<iframe src="https://youtu.example/"></iframe>' ) ), $marked( '<iframe src="https://youtu.example/"></iframe>' ), 'marked once, however often it is filtered' );
		World::$feed = true;
		same( $marked( '<iframe src="https://www.youtube.com/embed/x"></iframe>' ), '<iframe src="https://www.youtube.com/embed/x"></iframe>', 'a feed has no gate' );
	},
	'pictures and films from those hosts wait, too, in every size' => static function (): void {
		World::fresh( GATED );
		$marked = static function ( string $html ): string { return filtered( 'the_content', $html ); };
		same( $marked( '<img alt="" src="https://i.ytimg.youtube.com/a.jpg" srcset="https://i.ytimg.youtube.com/b.jpg 2x" sizes="1px">' ),
			'<img data-category="media" alt="" data-src="https://i.ytimg.youtube.com/a.jpg" data-srcset="https://i.ytimg.youtube.com/b.jpg 2x" sizes="1px">' );
		same( $marked( '<img src="/a.jpg" srcset="/a.jpg 1x, //youtube.com/b.jpg 2x">' ), '<img data-category="media" data-src="/a.jpg" data-srcset="/a.jpg 1x, //youtube.com/b.jpg 2x">', 'one of its sizes is enough' );
		same( $marked( '<video poster="https://youtube.com/p.jpg" controls><source src="https://youtube.com/f.mp4" type="video/mp4"></video>' ),
			'<video data-category="media" data-poster="https://youtube.com/p.jpg" controls><source data-category="media" data-src="https://youtube.com/f.mp4" type="video/mp4"></video>' );
		same( $marked( '<picture><source srcset="https://youtube.com/w.webp"><img src="https://shop.example/w.jpg"></picture>' ),
			'<picture><source data-category="media" data-srcset="https://youtube.com/w.webp"><img src="https://shop.example/w.jpg"></picture>' );
		same( $marked( '<audio src=https://youtube.com/a.ogg></audio>' ), '<audio data-category="media" data-src=https://youtube.com/a.ogg></audio>' );
		foreach ( array( '<img src="/wp-content/uploads/a.jpg" srcset="https://shop.example/a-2.jpg 2x">', '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', '<source srcset="">', '<video controls></video>' ) as $own ) {
			same( $marked( $own ), $own );
		}
	},
	'no hint names a host from which something waits' => static function (): void {
		World::fresh( array( 'unticked' => array( 'embeds' => 'youtube.com = media' ) + GATED['unticked'] ) );
		World::$registered = array( 'gtag' => (object) array( 'src' => 'https://tags.example/x.js' ), 'other' => (object) array( 'src' => '//cdn.example/y.js' ), 'group' => (object) array( 'src' => false ) );
		$hints = static function ( array $list ): array { return array_values( filtered( 'wp_resource_hints', $list, 'dns-prefetch' ) ); };
		same( $hints( array( 'tags.example', '//tags.example', 'font.example', '//www.youtube.com', 'cdn.example', 'https://cdn.example', 'shop.example', 'forms.example' ) ), array( 'cdn.example', 'https://cdn.example', 'shop.example', 'forms.example' ) );
		same( $hints( array( array( 'href' => 'https://tags.example', 'crossorigin' ), array( 'href' => 'https://cdn.example' ), array() ) ), array( array( 'href' => 'https://cdn.example' ), array() ) );
		same( filtered( 'wp_preload_resources', array( array( 'href' => 'https://font.example/a.woff2', 'as' => 'font' ) ) ), array() );
		World::fresh( SET );
		same( $hints( array( 'tags.example' ) ), array( 'tags.example' ), 'without the gate nothing waits' );
	},
	'of modules nothing is loaded ahead that waits, and nothing from elsewhere' => static function (): void {
		World::fresh( GATED );
		$before = World::$filters;
		add_action( 'wp_footer', array( wp_script_modules(), 'print_script_module_preloads' ) );
		( World::$filters['template_redirect'][0] )();
		same( World::$filters['wp_footer'], array( 'unticked_print_preloads' ) );
		ob_start();
		unticked_print_preloads();
		same( trim( (string) ob_get_clean() ), '<link rel="modulepreload" href="https://shop.example/p.js" id="own/part-js-modulepreload">' );
		World::$filters = $before;
		World::fresh( SET );
		add_action( 'wp_footer', array( wp_script_modules(), 'print_script_module_preloads' ) );
		( World::$filters['template_redirect'][0] )();
		same( World::$filters['wp_footer'], array( array( wp_script_modules(), 'print_script_module_preloads' ) ), 'without the gate it is left alone' );
		World::$filters = $before;
	},
	'the site can serve the gate itself, by a name and an integrity that are the text\'s own' => static function (): void {
		World::$uploads = sys_get_temp_dir() . '/unticked-harness-' . getmypid();
		$own            = array( 'unticked' => array( 'own' => '1' ) + GATED['unticked'] );
		World::fresh( $own );
		World::$answer = array( 'code' => 200, 'body' => 'first; unticked-gate' );
		same( substr_count( head(), 'src="https://forms.example/gate.js"' ), 1, 'until there is a copy' );
		( World::$filters['update_option_unticked'][0] )();
		same( World::$cron, array( 'unticked_refresh' => 'hourly' ) );
		same( World::$asked[0][0], 'https://forms.example/gate.js' );
		$integrity = static function ( string $text ): string { return 'sha384-' . base64_encode( hash( 'sha384', $text, true ) ); };
		$src       = static function ( string $text ): string { return '/unticked/gate-' . substr( hash( 'sha256', $text ), 0, 16 ) . '.js'; };
		World::$done = array();
		$tag = head();
		same( strpos( $tag, '<script src="https://shop.example/up' . $src( 'first; unticked-gate' ) . '" integrity="' . $integrity( 'first; unticked-gate' ) . '" crossorigin="anonymous" id="unticked-gate-js" data-no-optimize' ), 0, $tag );
		same( file_get_contents( World::$uploads . $src( 'first; unticked-gate' ) ), 'first; unticked-gate' );
		same( filtered( 'rocket_exclude_js', array() )[1], 'https://shop.example/up' . $src( 'first; unticked-gate' ) );
		// What is no gate does not take its place.
		$kept = World::$options[ UNTICKED_COPY ];
		foreach ( array( array( 'code' => 502, 'body' => 'unticked-gate' ), array( 'code' => 200, 'body' => '<html>' ), new WP_Error( 'no' ) ) as $answer ) {
			World::$answer = $answer;
			unticked_refresh();
			same( World::$options[ UNTICKED_COPY ], $kept );
		}
		World::$answer = array( 'code' => 200, 'body' => 'second; unticked-gate' );
		unticked_refresh();
		same( World::$options[ UNTICKED_COPY ]['integrity'], $integrity( 'second; unticked-gate' ) );
		same( is_file( World::$uploads . $src( 'first; unticked-gate' ) ), true, 'a page in a cache still names the first' );
		touch( World::$uploads . $src( 'first; unticked-gate' ), time() - 31 * 24 * 3600 );
		unticked_refresh();
		same( glob( World::$uploads . '/unticked/*' ), array( World::$uploads . $src( 'second; unticked-gate' ) ) );
		World::$options['unticked'] = GATED['unticked'];
		unticked_saved();
		same( World::$cron, array(), 'no longer wanted' );
		World::$done = array();
		same( substr_count( head(), 'src="https://forms.example/gate.js"' ), 1 );
		( World::$uninstall[0] )();
		same( array( World::$options, is_dir( World::$uploads . '/unticked' ) ), array( array(), false ) );
		@rmdir( World::$uploads );
		World::$uploads = '';
	},
	'the WP Consent API is told which purpose decides each category' => static function (): void {
		World::fresh( GATED );
		same( str_contains( head(), '( {"statistics":"statistics","marketing":"ads"} );' ), true );
		same( filtered( 'wp_get_consent_type', 'optout' ), 'optin' );
		same( World::$filters['wp_consent_api_registered_unticked/unticked.php'], array( '__return_true' ) );
		World::fresh( SET );
		same( filtered( 'wp_get_consent_type', 'optout' ), 'optout' );
	},
	'the way back to the settings is a button' => static function (): void {
		World::fresh( GATED );
		same( World::$shortcodes['unticked_settings']( array( 'text' => 'Cookies & co' ) ), '<button type="button" data-unticked="settings">Cookies &amp; co</button>' );
		World::fresh( SET );
		same( World::$shortcodes['unticked_settings']( '' ), '', 'without the gate there is nothing to set' );
	},
	'lines of what waits are kept where they are valid' => static function (): void {
		World::fresh( SET );
		$clean = unticked_sanitize( array( 'collector' => 'https://forms.example', 'gate' => '1', 'handles' => "gtag=statistics\r\nbad handle = x\nads-* = Ads!\n@a/b = ads", 'embeds' => "youtube.com = media\n*=others\nhttps://a.example = x", 'consents' => "marketing = ads\nnonsense = ads" ) );
		same( $clean, array( 'collector' => 'https://forms.example', 'adopt' => '', 'gate' => '1', 'handles' => "gtag = statistics\n@a/b = ads", 'embeds' => "youtube.com = media\n* = others", 'consents' => 'marketing = ads' ) );
		same( count( array_filter( World::$said, static function ( array $said ): bool { return 'error' === $said[0]; } ) ), 4 );
	},
	'whoever deletes the plugin deletes what it kept, on every site' => static function (): void {
		World::fresh( SET + array( 'other' => 1 ) );
		( World::$uninstall[0] )();
		same( World::$options, array( 'other' => 1 ) );
		World::$sites = array( 1 => SET, 2 => SET );
		( World::$uninstall[0] )();
		same( World::$sites, array( 1 => array(), 2 => array() ) );
	},
);

$passed = $failed = 0;
foreach ( $tests as $name => $test ) {
	try {
		$test();
		++$passed;
		echo "ok      $name\n";
	} catch ( Throwable $error ) {
		++$failed;
		echo "wrong   $name\n  ", get_class( $error ), ': ', $error->getMessage(), ' at ', basename( $error->getFile() ), ':', $error->getLine(), "\n";
	}
}
echo "$passed passed, $failed failed\n";
exit( $failed > 0 ? 1 : 0 );
