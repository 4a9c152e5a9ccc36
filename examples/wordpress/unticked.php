<?php
/**
 * Plugin Name:       Unticked
 * Description:       Forms that say what will happen to people's data, tick nothing for them, and send to your own Unticked collector. A shortcode, a block, forms of other plugins taken over, and nothing that tracks before a yes.
 * Version:           1.0.0
 * Requires at least: 5.8
 * Requires PHP:      7.4
 * License:           MIT OR Apache-2.0
 * Text Domain:       unticked
 *
 * The plugin is this one file: put it into wp-content/plugins and switch it on. It prints one script tag and, where a form
 * stands, one element with a link inside. With the gate it prints that script before every other, and marks what has to wait
 * for a visitor's yes. Nothing in the page depends on who reads it, so page caches may keep it.
 *
 * @package Unticked
 */

defined( 'ABSPATH' ) || exit;

const UNTICKED_OPTION = 'unticked';
/** The site's own copy of the gate: its address, its integrity, and when it was fetched. */
const UNTICKED_COPY = 'unticked_gate';
/** Seconds that older copies stay: as long as a page cache may go on naming them. */
const UNTICKED_COPIES_STAY = 30 * 24 * 3600;

/** What an owner has set. */
function unticked_settings(): array {
	$stored = get_option( UNTICKED_OPTION, array() );
	$stored = is_array( $stored ) ? $stored : array();
	return array(
		'collector' => isset( $stored['collector'] ) ? (string) $stored['collector'] : '',
		'adopt'     => isset( $stored['adopt'] ) ? (string) $stored['adopt'] : '',
		'gate'      => empty( $stored['gate'] ) ? '' : '1',
		'own'       => empty( $stored['own'] ) ? '' : '1',
		'handles'   => isset( $stored['handles'] ) ? (string) $stored['handles'] : '',
		'embeds'    => isset( $stored['embeds'] ) ? (string) $stored['embeds'] : '',
		'consents'  => isset( $stored['consents'] ) ? (string) $stored['consents'] : '',
	);
}

/** Lines of the settings, such as "youtube.com = media", as a map. */
function unticked_lines( string $text ): array {
	$map = array();
	foreach ( array_filter( array_map( 'trim', explode( "\n", $text ) ) ) as $line ) {
		list( $left, $right ) = array_map( 'trim', explode( '=', $line, 2 ) + array( '', '' ) );
		$map[ $left ]         = $right;
	}
	return $map;
}

/** Whether pages carry the gate. */
function unticked_gated(): bool {
	$settings = unticked_settings();
	return '' !== $settings['gate'] && '' !== $settings['collector'];
}

/** A form's id, as the collector takes it; empty where the text is none. */
function unticked_form_id( $text ): string {
	$text = trim( (string) $text );
	return preg_match( '/^[a-z][a-z0-9_-]{0,63}$/', $text ) ? $text : '';
}

/** The origin of an address, where it is one of a collector: https, or http on this machine; else empty. */
function unticked_origin( $text ): string {
	$parts = wp_parse_url( trim( (string) $text ) );
	if ( ! is_array( $parts ) || empty( $parts['host'] ) || isset( $parts['user'] ) || isset( $parts['query'] ) || isset( $parts['fragment'] ) ) {
		return '';
	}
	$path   = isset( $parts['path'] ) ? $parts['path'] : '';
	$scheme = isset( $parts['scheme'] ) ? strtolower( $parts['scheme'] ) : '';
	$host   = strtolower( $parts['host'] );
	$local  = in_array( $host, array( 'localhost', '127.0.0.1', '[::1]' ), true );
	if ( '' !== trim( $path, '/' ) || ! ( 'https' === $scheme || ( 'http' === $scheme && $local ) ) || ! preg_match( '/^(\[[0-9a-f:]+\]|[a-z0-9.-]+)$/', $host ) ) {
		return '';
	}
	return $scheme . '://' . $host . ( isset( $parts['port'] ) ? ':' . (int) $parts['port'] : '' );
}

/* ---- What stands in a page. ---- */

/** The element of a form with its link inside: the link is what visitors get where nothing else arrives. */
function unticked_snippet( $form, $text = '', $lang = '' ): string {
	$collector = unticked_settings()['collector'];
	$form      = unticked_form_id( $form );
	if ( '' === $collector || '' === $form ) {
		// The same for everybody, so that a cache cannot show an owner's hint to a visitor.
		return '<!-- Unticked: ' . ( '' === $form ? 'the form has no valid id' : 'the collector has no address; see Settings, Unticked' ) . ' -->';
	}
	$lang = preg_match( '/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/', (string) $lang ) ? (string) $lang : '';
	$text = '' === trim( (string) $text ) ? __( 'Open the form', 'unticked' ) : (string) $text;
	$href = $collector . '/f/' . $form . ( '' === $lang ? '' : '?lang=' . $lang );
	$link = '<a href="' . esc_url( $href ) . '">' . esc_html( $text ) . '</a>';
	if ( is_feed() ) {
		return $link;
	}
	wp_enqueue_script( 'unticked' );
	return '<unticked-form form="' . esc_attr( $form ) . '"' . ( '' === $lang ? '' : ' lang="' . esc_attr( $lang ) . '"' ) . '>' . $link . '</unticked-form>';
}

/** [unticked form="contact" text="Contact us" lang="bg"] */
function unticked_shortcode( $attributes ): string {
	$attributes = shortcode_atts( array( 'form' => 'contact', 'text' => '', 'lang' => '' ), $attributes, 'unticked' );
	return unticked_snippet( $attributes['form'], $attributes['text'], $attributes['lang'] );
}

/** [unticked_adopt form="contact"][contact-form-7 id="42"][/unticked_adopt]: marks the form that stands inside. */
function unticked_adopt_shortcode( $attributes, $content = '' ): string {
	$attributes = shortcode_atts( array( 'form' => 'contact' ), $attributes, 'unticked_adopt' );
	$content    = do_shortcode( (string) $content );
	$form       = unticked_form_id( $attributes['form'] );
	if ( '' === $form || '' === unticked_settings()['collector'] ) {
		return $content;
	}
	wp_enqueue_script( 'unticked' );
	return (string) preg_replace( '/<form(?=[\s>])/i', '<form data-unticked-adopt="' . esc_attr( $form ) . '"', $content, 1 );
}

/** The block is drawn here, by the same function as the shortcode. */
function unticked_render_block( $attributes ): string {
	$attributes = wp_parse_args( $attributes, array( 'form' => 'contact', 'text' => '', 'lang' => '' ) );
	return unticked_snippet( $attributes['form'], $attributes['text'], $attributes['lang'] );
}

/** The forms that are taken over, as the loader reads them: form=selector; form=selector */
function unticked_adopt_rules(): string {
	return implode( '; ', array_filter( array_map( 'trim', explode( "\n", unticked_settings()['adopt'] ) ) ) );
}

function unticked_init(): void {
	load_plugin_textdomain( 'unticked', false, dirname( plugin_basename( __FILE__ ) ) . '/languages' );
	$collector = unticked_settings()['collector'];
	if ( '' !== $collector ) {
		// No version: the loader keeps its name, and its own tag says when it has changed.
		wp_register_script( 'unticked', $collector . '/unticked.js', array(), null, false );
	}
	add_shortcode( 'unticked', 'unticked_shortcode' );
	add_shortcode( 'unticked_adopt', 'unticked_adopt_shortcode' );
	add_shortcode( 'unticked_settings', 'unticked_settings_shortcode' );

	wp_register_script( 'unticked-block', false, array( 'wp-blocks', 'wp-element', 'wp-block-editor', 'wp-components', 'wp-i18n' ), '1.0.0', true );
	wp_add_inline_script( 'unticked-block', unticked_block_script() );
	wp_set_script_translations( 'unticked-block', 'unticked' );
	register_block_type(
		'unticked/form',
		array(
			'api_version'     => 2,
			'editor_script'   => 'unticked-block',
			'render_callback' => 'unticked_render_block',
			'attributes'      => array(
				'form' => array( 'type' => 'string', 'default' => 'contact' ),
				'text' => array( 'type' => 'string', 'default' => '' ),
				'lang' => array( 'type' => 'string', 'default' => '' ),
			),
		)
	);
}

/** Where forms of other plugins are taken over, the script is wanted on each page, and early. */
function unticked_enqueue(): void {
	if ( '' !== unticked_settings()['collector'] && '' !== unticked_adopt_rules() ) {
		wp_enqueue_script( 'unticked' );
	}
}

/**
 * The script tag as it must stay: asynchronous, from the collector, named as the loader looks for itself. The attributes are
 * those by which LiteSpeed Cache, Autoptimize and Cloudflare's Rocket Loader are told to leave a script alone.
 */
function unticked_script_tag( $tag, $handle, $src ): string {
	if ( 'unticked' !== $handle ) {
		return $tag;
	}
	$adopt = unticked_adopt_rules();
	return '<script async src="' . esc_url( $src ) . '" id="unticked-js" data-no-optimize="1" data-no-defer="1" data-no-minify="1" data-noptimize="1" data-cfasync="false"'
		. ( '' === $adopt ? '' : ' data-adopt="' . esc_attr( $adopt ) . '"' ) . "></script>\n";
}

/* ---- What waits for a yes. ---- */

/** Attributes by which LiteSpeed Cache, WP Rocket, Autoptimize and Rocket Loader leave a script where and as it is. */
const UNTICKED_LEAVE_ALONE = array( 'data-no-optimize' => '1', 'data-no-defer' => '1', 'data-no-minify' => '1', 'data-noptimize' => '1', 'data-cfasync' => 'false' );

/**
 * The gate, once, before every other script: nothing that comes after it can run before a decision. With it what the
 * WP Consent API needs to know. WordPress' own functions print both, so that whoever adds nonces adds them here too.
 */
function unticked_print_gate(): void {
	if ( ! unticked_gated() || is_admin() || is_feed() || did_action( 'login_init' ) || ( function_exists( 'amp_is_request' ) && amp_is_request() ) ) {
		return;
	}
	if ( did_action( 'unticked_gate' ) ) {
		return;
	}
	do_action( 'unticked_gate' );
	echo wp_get_script_tag( unticked_gate_source() + array( 'id' => 'unticked-gate-js' ) + UNTICKED_LEAVE_ALONE ); // phpcs:ignore WordPress.Security.EscapeOutput
	$consents = unticked_lines( unticked_settings()['consents'] );
	if ( array() !== $consents ) {
		$bridge = unticked_bridge_script() . '( ' . wp_json_encode( $consents, JSON_HEX_TAG | JSON_HEX_AMP ) . ' );';
		echo wp_get_inline_script_tag( $bridge, array( 'id' => 'unticked-consent-api-js' ) + UNTICKED_LEAVE_ALONE ); // phpcs:ignore WordPress.Security.EscapeOutput
	}
}

/** Where the gate comes from: this site's own copy with its integrity, where one is wanted and there; else the collector. */
function unticked_gate_source(): array {
	$copy = get_option( UNTICKED_COPY );
	if ( '' !== unticked_settings()['own'] && is_array( $copy ) && ! empty( $copy['src'] ) && ! empty( $copy['integrity'] ) ) {
		return array( 'src' => (string) $copy['src'], 'integrity' => (string) $copy['integrity'], 'crossorigin' => 'anonymous' );
	}
	return array( 'src' => unticked_settings()['collector'] . '/gate.js' );
}

/**
 * Fetches the gate anew and keeps a copy in the uploads. A copy is named by its own digest and older ones stay for a while: a
 * page that a cache keeps names one of them, and with another text under that name the browser would run none. Where
 * the collector does not answer, the copy stays what it was.
 */
function unticked_refresh(): void {
	$settings = unticked_settings();
	if ( '' === $settings['own'] || ! unticked_gated() ) {
		return;
	}
	$answer = wp_remote_get( $settings['collector'] . '/gate.js', array( 'timeout' => 8, 'redirection' => 0, 'limit_response_size' => 65536 ) );
	$text   = is_wp_error( $answer ) || 200 !== (int) wp_remote_retrieve_response_code( $answer ) ? '' : (string) wp_remote_retrieve_body( $answer );
	$place  = wp_upload_dir();
	if ( false === strpos( $text, 'unticked-gate' ) || ! empty( $place['error'] ) || ! wp_mkdir_p( $place['basedir'] . '/unticked' ) ) {
		return;
	}
	$name = '/unticked/gate-' . substr( hash( 'sha256', $text ), 0, 16 ) . '.js';
	$file = $place['basedir'] . $name;
	// Under another name first, so that nobody is served half of it.
	$draft = $file . '.' . wp_rand() . '.tmp';
	if ( strlen( $text ) !== file_put_contents( $draft, $text ) || ! rename( $draft, $file ) ) {
		return;
	}
	foreach ( glob( $place['basedir'] . '/unticked/gate-*' ) as $old ) {
		if ( $old !== $file && filemtime( $old ) < time() - UNTICKED_COPIES_STAY ) {
			unlink( $old );
		}
	}
	update_option( UNTICKED_COPY, array( 'src' => $place['baseurl'] . $name, 'integrity' => 'sha384-' . base64_encode( hash( 'sha384', $text, true ) ) ) );
}

/** Every hour, where a copy is wanted. */
function unticked_schedule(): void {
	$wanted = unticked_gated() && '' !== unticked_settings()['own'];
	if ( $wanted && ! wp_next_scheduled( 'unticked_refresh' ) ) {
		wp_schedule_event( time(), 'hourly', 'unticked_refresh' );
	} elseif ( ! $wanted && wp_next_scheduled( 'unticked_refresh' ) ) {
		wp_clear_scheduled_hook( 'unticked_refresh' );
	}
}

/** What was just set holds at once, and not only in an hour. */
function unticked_saved(): void {
	unticked_schedule();
	unticked_refresh();
}

function unticked_deactivate(): void {
	wp_clear_scheduled_hook( 'unticked_refresh' );
}

/**
 * Tells the WP Consent API what was decided. Nothing is told before there is a yes, and a no only where there was a yes
 * before: its functions leave cookies, and whoever refuses gets none.
 */
function unticked_bridge_script(): string {
	return <<<'JS'
( function ( purposes ) {
	window.wp_consent_type = 'optin';
	function tell() {
		if ( ! window.unticked || ! unticked.allowed || ! window.wp_set_consent || ! window.wp_has_consent ) {
			return;
		}
		Object.keys( purposes ).forEach( function ( category ) {
			var yes = unticked.allowed( purposes[ category ] );
			if ( yes !== !! wp_has_consent( category ) ) {
				wp_set_consent( category, yes ? 'allow' : 'deny' );
			}
		} );
	}
	document.addEventListener( 'unticked:decided', tell );
	document.addEventListener( 'DOMContentLoaded', function () {
		document.dispatchEvent( new CustomEvent( 'wp_consent_type_defined' ) );
		tell();
	} );
} )
JS;
}

/** The WP Consent API asks in PHP, too: nothing is allowed that nobody said yes to. */
function unticked_consent_type( $type ) {
	return unticked_gated() && '' !== unticked_settings()['consents'] ? 'optin' : $type;
}

/** The purpose that a script or stylesheet waits for, by its handle; a * at the end of a line's handle stands for anything. */
function unticked_purpose_of( $handle ): string {
	foreach ( unticked_gated() ? unticked_lines( unticked_settings()['handles'] ) : array() as $pattern => $purpose ) {
		$open = '*' === substr( $pattern, -1 );
		if ( $open ? 0 === strpos( (string) $handle, substr( $pattern, 0, -1 ) ) : $pattern === $handle ) {
			return $purpose;
		}
	}
	return '';
}

/** The host of an address as it stands in HTML, where it is another's: not this site's and not the collector's; else empty. */
function unticked_foreign_host( $address ): string {
	$host = static function ( $address ): string {
		return strtolower( (string) wp_parse_url( (string) $address, PHP_URL_HOST ) );
	};
	$its  = $host( html_entity_decode( trim( (string) $address ), ENT_QUOTES ) );
	return in_array( $its, array( $host( home_url() ), $host( unticked_settings()['collector'] ) ), true ) ? '' : $its;
}

/** The purpose that content from an address waits for: a line's host with all below it, or * for every host but the site's own. */
function unticked_purpose_at( $address ): string {
	$host = unticked_foreign_host( $address );
	if ( '' === $host ) {
		return '';
	}
	$lines = unticked_lines( unticked_settings()['embeds'] );
	foreach ( $lines as $line => $purpose ) {
		if ( $host === $line || substr( $host, -1 - strlen( $line ) ) === '.' . $line ) {
			return $purpose;
		}
	}
	return isset( $lines['*'] ) ? $lines['*'] : '';
}

/** An attribute of a tag, or null. */
function unticked_attribute( string $tag, string $name ) {
	$found = preg_match( '/\s' . $name . '\s*=\s*(?:"([^"]*)"|\'([^\']*)\'|([^\s"\'>]+))/i', $tag, $match );
	return $found ? end( $match ) : null;
}

/** A tag with another attribute's name, or without it. */
function unticked_rename( string $tag, string $name, string $other ): string {
	return (string) preg_replace( '/(\s)' . $name . '(\s*=)/i', '$1' . $other . '$2', $tag, 1 );
}

/** A script's tag, made to wait; data blocks (JSON, import maps) and what waits already stay as they are. */
function unticked_wait( string $tag, string $purpose ): string {
	$type = unticked_attribute( $tag, 'type' );
	if ( null !== $type && ! preg_match( '#^\s*($|module\s*$|(?:text|application)/(?:javascript|ecmascript|x-javascript)\b)#i', $type ) ) {
		return $tag;
	}
	$module = null !== $type && 'module' === strtolower( trim( $type ) );
	$tag    = null === $type ? $tag : (string) preg_replace( '/\stype\s*=\s*(?:"[^"]*"|\'[^\']*\'|[^\s"\'>]+)/i', '', $tag, 1 );
	return '<script type="text/plain" data-category="' . esc_attr( $purpose ) . '"' . ( $module ? ' data-type="module"' : '' ) . substr( $tag, strlen( '<script' ) );
}

/** Every tag of that name in a text, attributes with > in their values included. */
function unticked_tags( string $name, string $html, callable $change ): string {
	$changed = preg_replace_callback( '/<' . $name . '(?=[\s>\/])(?:[^>"\']|"[^"]*"|\'[^\']*\')*>/i', $change, $html );
	return null === $changed ? $html : $changed;
}

/* ---- Hints: a browser that looks a host's name up has already told somebody. ---- */

/** Whether something from that address waits for a yes: by a line's host, or because a script or stylesheet from there waits. */
function unticked_waits_at( $address ): bool {
	$host = unticked_foreign_host( $address );
	if ( '' === $host || ! unticked_gated() ) {
		return false;
	}
	if ( '' !== unticked_purpose_at( $address ) ) {
		return true;
	}
	foreach ( array( wp_scripts(), wp_styles() ) as $known ) {
		foreach ( $known->registered as $handle => $one ) {
			if ( is_string( $one->src ) && unticked_foreign_host( $one->src ) === $host && '' !== unticked_purpose_of( $handle ) ) {
				return true;
			}
		}
	}
	return false;
}

/** Lists of addresses, or of attributes with one in href. What is named here costs nothing where it is left out. */
function unticked_without_waiting( $list ) {
	return ! is_array( $list ) || ! unticked_gated() ? $list : array_filter(
		$list,
		static function ( $one ): bool {
			$address = is_array( $one ) ? ( isset( $one['href'] ) ? $one['href'] : '' ) : $one;
			// WordPress writes some hosts without anything before them.
			return ! unticked_waits_at( preg_match( '#^([a-z][a-z0-9+.-]*:|//)#i', (string) $address ) ? $address : '//' . $address );
		}
	);
}

/** Of modules the static dependencies are loaded ahead, marked or not: of those only the site's own that wait for nothing. */
function unticked_print_preloads(): void {
	ob_start();
	wp_script_modules()->print_script_module_preloads();
	echo unticked_tags( // phpcs:ignore WordPress.Security.EscapeOutput
		'link',
		(string) ob_get_clean(),
		static function ( array $match ): string {
			$handle = (string) preg_replace( '/-js-modulepreload$/', '', (string) unticked_attribute( $match[0], 'id' ) );
			$stays  = '' === unticked_foreign_host( unticked_attribute( $match[0], 'href' ) ) && '' === unticked_purpose_of( $handle );
			return $stays ? $match[0] : '';
		}
	);
}

/** Takes the place of WordPress' own function, which asks nobody (6.5 and later). */
function unticked_replace_preloads(): void {
	if ( ! unticked_gated() || ! function_exists( 'wp_script_modules' ) ) {
		return;
	}
	foreach ( array( 'wp_head', 'wp_footer' ) as $hook ) {
		$its = array( wp_script_modules(), 'print_script_module_preloads' );
		$at  = has_action( $hook, $its );
		if ( false !== $at ) {
			remove_action( $hook, $its, $at );
			add_action( $hook, 'unticked_print_preloads', $at );
		}
	}
}

/** A script by its handle, with the lines that were added before and after it. */
function unticked_mark_script( $tag, $handle ) {
	$purpose = 'unticked' === $handle ? '' : unticked_purpose_of( $handle );
	return '' === $purpose ? $tag : unticked_tags(
		'script',
		(string) $tag,
		static function ( array $match ) use ( $purpose ): string {
			return unticked_wait( $match[0], $purpose );
		}
	);
}

/** Modules (WordPress 6.5 and later) are printed past that filter; their id is the handle's, with -js-module after it. */
function unticked_mark_attributes( $attributes ) {
	$id   = is_array( $attributes ) && isset( $attributes['id'] ) ? (string) $attributes['id'] : '';
	$type = isset( $attributes['type'] ) ? (string) $attributes['type'] : '';
	if ( 'module' !== $type || '-js-module' !== substr( $id, -10 ) ) {
		return $attributes;
	}
	$purpose = unticked_purpose_of( substr( $id, 0, -10 ) );
	return '' === $purpose ? $attributes : array( 'type' => 'text/plain', 'data-category' => $purpose, 'data-type' => 'module' ) + $attributes;
}

/** A stylesheet by its handle. */
function unticked_mark_style( $tag, $handle ) {
	$purpose = unticked_purpose_of( $handle );
	return '' === $purpose ? $tag : unticked_tags(
		'link',
		(string) $tag,
		static function ( array $match ) use ( $purpose ): string {
			return '<link data-category="' . esc_attr( $purpose ) . '"' . substr( unticked_rename( $match[0], 'href', 'data-href' ), strlen( '<link' ) );
		}
	);
}

/** The purpose that a tag's own addresses wait for; the first that one of them has. */
function unticked_purpose_in( string $tag ): string {
	$addresses = array( unticked_attribute( $tag, 'src' ), unticked_attribute( $tag, 'poster' ) );
	// Addresses with what each is for behind it, between commas; a comma without a space belongs to an address.
	foreach ( preg_split( '/,\s+/', (string) unticked_attribute( $tag, 'srcset' ) ) as $one ) {
		$addresses[] = preg_replace( '/\s.*$/s', '', trim( $one ) );
	}
	foreach ( $addresses as $address ) {
		$purpose = unticked_purpose_at( $address );
		if ( '' !== $purpose ) {
			return $purpose;
		}
	}
	return '';
}

/** Frames, pictures, films, and scripts that embed something, in what authors write: a map, a post from elsewhere. */
function unticked_mark_content( $html ) {
	if ( ! is_string( $html ) || ! unticked_gated() || '' === unticked_settings()['embeds'] || is_feed() || is_admin() ) {
		return $html;
	}
	foreach ( array( 'iframe', 'img', 'video', 'audio', 'source' ) as $name ) {
		$html = unticked_tags(
			$name,
			$html,
			static function ( array $match ) use ( $name ): string {
				$purpose = unticked_purpose_in( $match[0] );
				if ( '' === $purpose || null !== unticked_attribute( $match[0], 'data-category' ) ) {
					return $match[0];
				}
				$tag = $match[0];
				// The gate gives back the first two; a film's still picture stays away.
				foreach ( array( 'src', 'srcset', 'poster' ) as $attribute ) {
					$tag = unticked_rename( $tag, $attribute, 'data-' . $attribute );
				}
				return '<' . $name . ' data-category="' . esc_attr( $purpose ) . '"' . substr( $tag, 1 + strlen( $name ) );
			}
		);
	}
	return unticked_tags(
		'script',
		$html,
		static function ( array $match ): string {
			$purpose = unticked_purpose_at( unticked_attribute( $match[0], 'src' ) );
			return '' === $purpose ? $match[0] : unticked_wait( $match[0], $purpose );
		}
	);
}

/** [unticked_settings text="Privacy settings"]: the way back to what was decided. */
function unticked_settings_shortcode( $attributes ): string {
	$attributes = shortcode_atts( array( 'text' => '' ), $attributes, 'unticked_settings' );
	$text       = '' === trim( (string) $attributes['text'] ) ? __( 'Privacy settings', 'unticked' ) : (string) $attributes['text'];
	return unticked_gated() && ! is_feed() ? '<button type="button" data-unticked="settings">' . esc_html( $text ) . '</button>' : '';
}

/* ---- Optimisers: what they combine, delay or copy to the site is no longer the collector's script. ---- */

/** WP Rocket and LiteSpeed Cache keep lists of parts of addresses. */
function unticked_exclude( $list ): array {
	$list      = is_array( $list ) ? $list : array_filter( array( $list ) );
	$collector = unticked_settings()['collector'];
	if ( '' !== $collector ) {
		$list[] = $collector . '/unticked.js';
		if ( unticked_gated() ) {
			$list[] = unticked_gate_source()['src'];
		}
	}
	return $list;
}

/** WP Rocket's list of hosts. */
function unticked_exclude_host( $list ): array {
	$list = is_array( $list ) ? $list : array_filter( array( $list ) );
	$host = wp_parse_url( unticked_settings()['collector'], PHP_URL_HOST );
	if ( $host ) {
		$list[] = $host;
	}
	return $list;
}

/** Autoptimize keeps a text with commas; some versions hand over a list with flags. */
function unticked_exclude_autoptimize( $list ) {
	$ours = unticked_gated() ? array( 'unticked.js', basename( unticked_gate_source()['src'] ) ) : array( 'unticked.js' );
	if ( is_array( $list ) ) {
		return array_merge( $list, array_fill_keys( $ours, '' ) );
	}
	return ltrim( $list . ', ' . implode( ', ', $ours ), ', ' );
}

/* ---- Settings. ---- */

function unticked_admin_init(): void {
	register_setting(
		'unticked',
		UNTICKED_OPTION,
		array(
			'type'              => 'array',
			'sanitize_callback' => 'unticked_sanitize',
			'default'           => array( 'collector' => '', 'adopt' => '' ),
			'show_in_rest'      => false,
		)
	);
	add_settings_section( 'unticked', '', '__return_null', 'unticked' );
	add_settings_field( 'unticked-collector', __( 'Address of the collector', 'unticked' ), 'unticked_collector_field', 'unticked', 'unticked', array( 'label_for' => 'unticked-collector' ) );
	add_settings_field( 'unticked-adopt', __( 'Forms of other plugins', 'unticked' ), 'unticked_adopt_field', 'unticked', 'unticked', array( 'label_for' => 'unticked-adopt' ) );
	add_settings_field( 'unticked-gate', __( 'Nothing before a yes', 'unticked' ), 'unticked_gate_field', 'unticked', 'unticked', array( 'label_for' => 'unticked-gate' ) );
	add_settings_field( 'unticked-own', __( 'From this site', 'unticked' ), 'unticked_own_field', 'unticked', 'unticked', array( 'label_for' => 'unticked-own' ) );
	add_settings_field( 'unticked-handles', __( 'Scripts and stylesheets that wait', 'unticked' ), 'unticked_handles_field', 'unticked', 'unticked', array( 'label_for' => 'unticked-handles' ) );
	add_settings_field( 'unticked-embeds', __( 'Embedded content that waits', 'unticked' ), 'unticked_embeds_field', 'unticked', 'unticked', array( 'label_for' => 'unticked-embeds' ) );
	add_settings_field( 'unticked-consents', __( 'WP Consent API', 'unticked' ), 'unticked_consents_field', 'unticked', 'unticked', array( 'label_for' => 'unticked-consents' ) );
}

function unticked_menu(): void {
	add_options_page( __( 'Unticked', 'unticked' ), __( 'Unticked', 'unticked' ), 'manage_options', 'unticked', 'unticked_page' );
}

function unticked_page(): void {
	if ( ! current_user_can( 'manage_options' ) ) {
		wp_die( esc_html__( 'Only somebody who may manage this site can change this.', 'unticked' ) );
	}
	echo '<div class="wrap"><h1>' . esc_html__( 'Unticked', 'unticked' ) . '</h1>';
	echo '<p>' . esc_html__( 'Put a form on a page with the block “Unticked form” or the shortcode', 'unticked' ) . ' <code>[unticked form="contact"]</code>.</p>';
	echo '<form action="' . esc_url( admin_url( 'options.php' ) ) . '" method="post">';
	settings_fields( 'unticked' );
	do_settings_sections( 'unticked' );
	submit_button();
	echo '</form></div>';
}

function unticked_collector_field(): void {
	echo '<input type="url" class="regular-text code" id="unticked-collector" name="' . esc_attr( UNTICKED_OPTION ) . '[collector]" value="' . esc_attr( unticked_settings()['collector'] ) . '" placeholder="https://forms.example" aria-describedby="unticked-collector-help">';
	echo '<p class="description" id="unticked-collector-help">' . esc_html__( 'Where your collector answers: its public_url, such as https://forms.example. It is asked when you save.', 'unticked' ) . '</p>';
}

function unticked_adopt_field(): void {
	echo '<textarea class="large-text code" rows="4" id="unticked-adopt" name="' . esc_attr( UNTICKED_OPTION ) . '[adopt]" placeholder="contact = .wpcf7-form" aria-describedby="unticked-adopt-help">' . esc_textarea( unticked_settings()['adopt'] ) . '</textarea>';
	echo '<p class="description" id="unticked-adopt-help">' . esc_html__( 'One a line: the form of your definitions, =, and a CSS selector of the form on your pages. Its fields and look stay; what is sent goes to your collector alone.', 'unticked' ) . ' <code>contact = .wpcf7-form</code></p>';
}

function unticked_gate_field(): void {
	echo '<label><input type="checkbox" id="unticked-gate" name="' . esc_attr( UNTICKED_OPTION ) . '[gate]" value="1"' . ( '' === unticked_settings()['gate'] ? '' : ' checked' ) . '> ' . esc_html__( 'Print the gate before every other script', 'unticked' ) . '</label>';
	echo '<p class="description">' . esc_html__( 'Needs a banner.toml in your definitions. What is named below, and what is marked with data-category, is not loaded before a visitor allows its purpose. The way back to the settings:', 'unticked' ) . ' <code>[unticked_settings]</code></p>';
}

function unticked_own_field(): void {
	$copy = get_option( UNTICKED_COPY );
	echo '<label><input type="checkbox" id="unticked-own" name="' . esc_attr( UNTICKED_OPTION ) . '[own]" value="1"' . ( '' === unticked_settings()['own'] ? '' : ' checked' ) . '> ' . esc_html__( 'Serve a copy of the gate from this site, with its integrity', 'unticked' ) . '</label>';
	echo '<p class="description">' . esc_html__( 'No page waits for the collector then. The copy lies among the uploads and is fetched anew every hour.', 'unticked' );
	if ( is_array( $copy ) && ! empty( $copy['src'] ) ) {
		echo ' <code>' . esc_html( $copy['src'] . ' ' . $copy['integrity'] ) . '</code>';
	}
	echo '</p>';
}

/** A field of lines, "something = purpose". */
function unticked_lines_field( string $name, string $example, string $help ): void {
	$id = 'unticked-' . $name;
	echo '<textarea class="large-text code" rows="4" id="' . esc_attr( $id ) . '" name="' . esc_attr( UNTICKED_OPTION ) . '[' . esc_attr( $name ) . ']" placeholder="' . esc_attr( $example ) . '" aria-describedby="' . esc_attr( $id ) . '-help">' . esc_textarea( unticked_settings()[ $name ] ) . '</textarea>';
	echo '<p class="description" id="' . esc_attr( $id ) . '-help">' . esc_html( $help ) . ' <code>' . esc_html( $example ) . '</code></p>';
}

function unticked_handles_field(): void {
	unticked_lines_field( 'handles', 'google_gtagjs = statistics', __( 'One a line: the handle under which WordPress knows it, =, and a purpose of your banner. A * at the end stands for anything.', 'unticked' ) );
}

function unticked_embeds_field(): void {
	unticked_lines_field( 'embeds', 'youtube.com = media', __( 'One a line: the host that frames, pictures, films and scripts in your content come from, =, and a purpose. A * alone stands for every host but your own.', 'unticked' ) );
}

function unticked_consents_field(): void {
	unticked_lines_field( 'consents', 'marketing = advertising', __( 'One a line: a category of the WP Consent API, by which other plugins ask, =, and the purpose that decides it.', 'unticked' ) );
}

/** The lines of a field that are what they should be; a sentence for each that is not. */
function unticked_clean_lines( string $name, $text, string $left ): string {
	$lines = array();
	foreach ( preg_split( '/\R/u', is_string( $text ) ? $text : '' ) as $line ) {
		$line = trim( wp_check_invalid_utf8( $line ) );
		if ( '' === $line ) {
			continue;
		}
		$parts = array_map( 'trim', explode( '=', $line, 2 ) ) + array( '', '' );
		if ( ! preg_match( $left, $parts[0] ) || '' === unticked_form_id( $parts[1] ) ) {
			/* translators: %s: what was typed */
			unticked_say( $name, sprintf( __( '“%s” is not a name, =, and a purpose of your banner. The line was left out.', 'unticked' ), $line ), 'error' );
			continue;
		}
		$lines[] = $parts[0] . ' = ' . $parts[1];
	}
	return implode( "\n", array_unique( $lines ) );
}

/** Keeps what is valid; what is not stays as it was, and a sentence says why. */
function unticked_sanitize( $input ): array {
	$old   = unticked_settings();
	$input = is_array( $input ) ? $input : array();
	$clean = $old;

	$typed = isset( $input['collector'] ) && is_string( $input['collector'] ) ? trim( $input['collector'] ) : '';
	if ( '' === $typed ) {
		$clean['collector'] = '';
	} elseif ( '' === unticked_origin( $typed ) ) {
		unticked_say( 'collector', __( 'The address of the collector must look like https://forms.example, without anything after the name. It was left as it was.', 'unticked' ), 'error' );
	} else {
		$clean['collector'] = unticked_origin( $typed );
		unticked_ask( $clean['collector'] );
	}

	$lines = array();
	$text  = isset( $input['adopt'] ) && is_string( $input['adopt'] ) ? $input['adopt'] : '';
	foreach ( preg_split( '/\R/u', $text ) as $line ) {
		$line = trim( wp_check_invalid_utf8( $line ) );
		if ( '' === $line ) {
			continue;
		}
		$parts    = explode( '=', $line, 2 );
		$form     = unticked_form_id( $parts[0] );
		$selector = isset( $parts[1] ) ? trim( $parts[1] ) : '';
		if ( '' === $form || '' === $selector || preg_match( '/[;<{}\x00-\x1f]/', $selector ) ) {
			/* translators: %s: what was typed */
			unticked_say( 'adopt', sprintf( __( '“%s” is not a form, =, and a selector. The line was left out.', 'unticked' ), $line ), 'error' );
			continue;
		}
		$lines[] = $form . ' = ' . $selector;
	}
	$clean['adopt']    = implode( "\n", array_unique( $lines ) );
	$clean['gate']     = empty( $input['gate'] ) ? '' : '1';
	$clean['own']      = empty( $input['own'] ) ? '' : '1';
	$clean['handles']  = unticked_clean_lines( 'handles', isset( $input['handles'] ) ? $input['handles'] : '', '/^[A-Za-z0-9_@.\/-]+\*?$/' );
	$clean['embeds']   = unticked_clean_lines( 'embeds', isset( $input['embeds'] ) ? $input['embeds'] : '', '/^(\*|[a-z0-9-]+(\.[a-z0-9-]+)*)$/' );
	$clean['consents'] = unticked_clean_lines( 'consents', isset( $input['consents'] ) ? $input['consents'] : '', '/^(functional|preferences|statistics|statistics-anonymous|marketing)$/' );
	foreach ( array( 'gate', 'own', 'handles', 'embeds', 'consents' ) as $name ) {
		if ( '' === $clean[ $name ] ) {
			unset( $clean[ $name ] );
		}
	}
	return $clean;
}

/** Says whether the collector answers there; saves all the same, since it may be started later. */
function unticked_ask( string $collector ): void {
	static $asked = array();
	// WordPress sanitises twice when an option is stored for the first time.
	if ( isset( $asked[ $collector ] ) ) {
		return;
	}
	$asked[ $collector ] = true;
	$answer              = wp_remote_get( $collector . '/unticked.js', array( 'timeout' => 8, 'redirection' => 0, 'limit_response_size' => 65536 ) );
	if ( is_wp_error( $answer ) ) {
		/* translators: 1: an address, 2: the reason */
		unticked_say( 'answer', sprintf( __( 'Saved, but nothing answers at %1$s (%2$s). Is the collector running, and reachable from here?', 'unticked' ), $collector, $answer->get_error_message() ), 'warning' );
	} elseif ( 200 !== (int) wp_remote_retrieve_response_code( $answer ) || false === strpos( wp_remote_retrieve_body( $answer ), 'unticked-form' ) ) {
		/* translators: 1: an address, 2: an HTTP status */
		unticked_say( 'answer', sprintf( __( 'Saved, but what answers at %1$s is no collector (status %2$d). Use the address that stands as public_url in its settings.', 'unticked' ), $collector, (int) wp_remote_retrieve_response_code( $answer ) ), 'warning' );
	} else {
		/* translators: %s: an address */
		unticked_say( 'answer', sprintf( __( 'The collector at %s answers.', 'unticked' ), $collector ), 'success' );
	}
}

/** A message that is shown once, escaped: WordPress prints these as HTML. */
function unticked_say( string $code, string $text, string $type ): void {
	add_settings_error( UNTICKED_OPTION, 'unticked-' . $code, esc_html( $text ), $type );
}

function unticked_action_links( $links ): array {
	$link = '<a href="' . esc_url( admin_url( 'options-general.php?page=unticked' ) ) . '">' . esc_html__( 'Settings', 'unticked' ) . '</a>';
	return array_merge( array( $link ), (array) $links );
}

/** Whoever deletes the plugin deletes what it kept: on each site the settings, and copies of the gate. */
function unticked_uninstall(): void {
	if ( ! is_multisite() ) {
		unticked_forget();
		return;
	}
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site ) {
		switch_to_blog( $site );
		unticked_forget();
		restore_current_blog();
	}
}

function unticked_forget(): void {
	delete_option( UNTICKED_OPTION );
	delete_option( UNTICKED_COPY );
	wp_clear_scheduled_hook( 'unticked_refresh' );
	$place = wp_upload_dir();
	if ( ! empty( $place['basedir'] ) && is_dir( $place['basedir'] . '/unticked' ) ) {
		array_map( 'unlink', glob( $place['basedir'] . '/unticked/gate-*' ) );
		// Something of somebody else's in it keeps it.
		@rmdir( $place['basedir'] . '/unticked' ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
	}
}

/** The block in the editor: plain JavaScript, so that nothing needs to be built. */
function unticked_block_script(): string {
	return <<<'JS'
( function ( blocks, element, editor, components, i18n ) {
	var el = element.createElement, __ = i18n.__;
	blocks.registerBlockType( 'unticked/form', {
		apiVersion: 2,
		title: __( 'Unticked form', 'unticked' ),
		description: __( 'A form that says what will happen to people’s data and ticks nothing for them.', 'unticked' ),
		icon: 'feedback',
		category: 'widgets',
		supports: { html: false },
		attributes: {
			form: { type: 'string', default: 'contact' },
			text: { type: 'string', default: '' },
			lang: { type: 'string', default: '' }
		},
		edit: function ( props ) {
			var field = function ( name, label, help ) {
				return el( components.TextControl, {
					key: name, label: label, help: help, value: props.attributes[ name ],
					onChange: function ( value ) { var change = {}; change[ name ] = value; props.setAttributes( change ); }
				} );
			};
			return el( 'div', editor.useBlockProps(),
				el( components.Placeholder, { icon: 'feedback', label: __( 'Unticked form', 'unticked' ), instructions: __( 'It is shown on the page itself.', 'unticked' ) },
					el( 'div', { style: { width: '100%' } },
						field( 'form', __( 'Form', 'unticked' ), __( 'Its name in your definitions, such as contact.', 'unticked' ) ),
						field( 'text', __( 'Text of the link', 'unticked' ), __( 'What visitors get where no script runs.', 'unticked' ) ),
						field( 'lang', __( 'Language', 'unticked' ), __( 'Empty: that of the page.', 'unticked' ) )
					)
				)
			);
		},
		save: function () { return null; }
	} );
} )( window.wp.blocks, window.wp.element, window.wp.blockEditor, window.wp.components, window.wp.i18n );
JS;
}

add_action( 'init', 'unticked_init' );
add_action( 'wp_enqueue_scripts', 'unticked_enqueue' );
add_filter( 'script_loader_tag', 'unticked_script_tag', PHP_INT_MAX, 3 );
// Before everything that prints in the head; themes that print scripts earlier still meet the second.
add_action( 'wp_head', 'unticked_print_gate', PHP_INT_MIN );
add_action( 'wp_print_scripts', 'unticked_print_gate', PHP_INT_MIN );
add_filter( 'script_loader_tag', 'unticked_mark_script', PHP_INT_MAX - 1, 2 );
add_filter( 'wp_script_attributes', 'unticked_mark_attributes', PHP_INT_MAX );
add_filter( 'style_loader_tag', 'unticked_mark_style', PHP_INT_MAX, 2 );
foreach ( array( 'the_content', 'embed_oembed_html', 'widget_text_content', 'widget_block_content', 'widget_custom_html_content' ) as $unticked_filter ) {
	add_filter( $unticked_filter, 'unticked_mark_content', PHP_INT_MAX );
}
add_filter( 'wp_resource_hints', 'unticked_without_waiting', PHP_INT_MAX );
add_filter( 'wp_preload_resources', 'unticked_without_waiting', PHP_INT_MAX );
add_action( 'template_redirect', 'unticked_replace_preloads' );
add_action( 'init', 'unticked_schedule' );
add_action( 'unticked_refresh', 'unticked_refresh' );
add_action( 'add_option_' . UNTICKED_OPTION, 'unticked_saved' );
add_action( 'update_option_' . UNTICKED_OPTION, 'unticked_saved' );
register_deactivation_hook( __FILE__, 'unticked_deactivate' );
add_filter( 'wp_get_consent_type', 'unticked_consent_type' );
add_filter( 'wp_consent_api_registered_' . plugin_basename( __FILE__ ), '__return_true' );
add_action( 'admin_init', 'unticked_admin_init' );
add_action( 'admin_menu', 'unticked_menu' );
add_filter( 'plugin_action_links_' . plugin_basename( __FILE__ ), 'unticked_action_links' );
register_uninstall_hook( __FILE__, 'unticked_uninstall' );

foreach ( array( 'rocket_exclude_js', 'rocket_exclude_defer_js', 'rocket_delay_js_exclusions', 'litespeed_optimize_js_excludes', 'litespeed_optm_js_defer_exc', 'litespeed_optm_gm_js_exc' ) as $unticked_filter ) {
	add_filter( $unticked_filter, 'unticked_exclude' );
}
unset( $unticked_filter );
add_filter( 'rocket_minify_excluded_external_js', 'unticked_exclude_host' );
add_filter( 'autoptimize_filter_js_exclude', 'unticked_exclude_autoptimize' );
