//! Well-known services: where they live, what they leave, and what they are usually for.
//!
//! A help for a first draft, by which nothing is judged: what a service does on a page is for its owner to say.

use super::names;

/// What a service is usually for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Counting visits.
    Statistics,
    /// Advertising, here or elsewhere.
    Advertising,
    /// Videos, maps, fonts and other things of others in the page.
    Media,
}

impl Use {
    /// The purpose's usual name.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Statistics => "statistics",
            Self::Advertising => "advertising",
            Self::Media => "media",
        }
    }
}

/// A service.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// Who receives the data.
    pub recipient: &'static str,
    /// What for.
    pub used_for: Use,
    /// Its hosts; `*` stands for any characters.
    pub hosts: &'static [&'static str],
    /// Its cookies.
    pub cookies: &'static [&'static str],
    /// Its entries in local or session storage.
    pub storage: &'static [&'static str],
}

macro_rules! known {
    ($($use:ident $name:literal, $recipient:literal, [$($host:literal)*], [$($cookie:literal)*], [$($key:literal)*];)*) => {
        /// All that are known here.
        pub const ALL: &[Known] = &[$(Known {
            name: $name, recipient: $recipient, used_for: Use::$use,
            hosts: &[$($host),*], cookies: &[$($cookie),*], storage: &[$($key),*],
        }),*];
    };
}

known! {
    Statistics "Google Analytics", "Google Ireland Limited, Dublin",
        ["*.google-analytics.com" "analytics.google.com" "*.analytics.google.com" "www.googletagmanager.com"],
        ["_ga" "_ga_*" "_gid" "_gat" "_gat_*" "__utm*"], [];
    Statistics "Matomo", "TODO: who runs it, and where", ["*.matomo.cloud" "cdn.matomo.cloud"],
        ["_pk_id.*" "_pk_ses.*" "_pk_ref.*" "_pk_cvar.*" "_pk_hsr.*" "_pk_testcookie*" "MATOMO_SESSID"], [];
    Statistics "Plausible", "Plausible Insights OÜ, Tartu", ["plausible.io"], [], ["plausible_*"];
    Statistics "Microsoft Clarity", "Microsoft Ireland Operations Limited, Dublin", ["*.clarity.ms"],
        ["_clck" "_clsk" "CLID" "ANONCHK" "SM"], ["_cltk"];
    Statistics "Hotjar", "Hotjar Limited, Malta", ["*.hotjar.com" "*.hotjar.io"], ["_hj*"], ["_hj*"];
    Statistics "Cloudflare Web Analytics", "Cloudflare, Inc., San Francisco", ["static.cloudflareinsights.com" "cloudflareinsights.com"], [], [];
    Statistics "Mixpanel", "Mixpanel, Inc., San Francisco", ["*.mixpanel.com" "*.mxpnl.com"], ["mp_*"], ["__mp*" "mp_*"];
    Statistics "PostHog", "PostHog, Inc., San Francisco", ["*.posthog.com"], ["ph_*"], ["ph_*" "__ph_*"];
    Statistics "Segment", "Twilio Inc., San Francisco", ["*.segment.com" "*.segment.io"], ["ajs_*"], ["ajs_*"];
    Statistics "Amplitude", "Amplitude, Inc., San Francisco", ["*.amplitude.com"], ["amplitude_*" "AMP_*"], ["amplitude_*" "AMP_*"];
    Statistics "Yandex Metrica", "Yandex LLC, Moscow", ["mc.yandex.ru" "mc.yandex.com"], ["_ym_*" "yabs-*" "ymex" "yandexuid"], ["_ym*"];
    Statistics "New Relic", "New Relic, Inc., San Francisco", ["*.nr-data.net" "js-agent.newrelic.com"], ["JSESSIONID_NR"], ["NRBA_*"];
    Advertising "Google Ads", "Google Ireland Limited, Dublin",
        ["*.doubleclick.net" "*.googleadservices.com" "*.googlesyndication.com" "adservice.google.*" "*.2mdn.net"],
        ["_gcl_*" "_gac_*" "__gads" "__gpi" "__eoi" "IDE" "test_cookie" "DSID" "FPGCL*"], ["_gcl_ls" "google_*"];
    Advertising "Meta Pixel", "Meta Platforms Ireland Limited, Dublin", ["connect.facebook.net" "*.facebook.com"],
        ["_fbp" "_fbc" "fr" "datr" "sb"], ["lastExternalReferrer*"];
    Advertising "Microsoft Advertising", "Microsoft Ireland Operations Limited, Dublin", ["bat.bing.com" "bat.bing.net" "*.bing.com"],
        ["_uet*" "MUID" "MR" "MSPTC"], ["_uet*"];
    Advertising "LinkedIn Insight", "LinkedIn Ireland Unlimited Company, Dublin", ["*.licdn.com" "*.linkedin.com"],
        ["li_*" "lidc" "bcookie" "bscookie" "UserMatchHistory" "AnalyticsSyncHistory" "ln_or"], ["li_*"];
    Advertising "TikTok Pixel", "TikTok Technology Limited, Dublin", ["analytics.tiktok.com" "*.tiktok.com"], ["_ttp" "_tt_*" "ttwid"], ["tt_*"];
    Advertising "Pinterest Tag", "Pinterest Europe Limited, Dublin", ["ct.pinterest.com" "s.pinimg.com"], ["_pin_*" "_pinterest_*" "_epik" "ar_debug"], [];
    Advertising "X Ads", "X Internet Unlimited Company, Dublin", ["static.ads-twitter.com" "analytics.twitter.com" "t.co"],
        ["guest_id*" "personalization_id" "muc_ads" "_twclid"], ["twclid*"];
    Advertising "Criteo", "Criteo SA, Paris", ["*.criteo.com" "*.criteo.net"], ["cto_*" "uid"], ["criteo_*" "cto_*"];
    Advertising "Snap Pixel", "Snap Group Limited, London", ["sc-static.net" "tr.snapchat.com"], ["_scid*" "sc_at"], [];
    Advertising "HubSpot", "HubSpot Ireland Limited, Dublin",
        ["*.hs-scripts.com" "*.hs-analytics.net" "*.hubspot.com" "*.hsforms.com" "*.hsforms.net" "*.hs-banner.com" "*.hsadspixel.net"],
        ["__hstc" "__hssc" "__hssrc" "hubspotutk" "__hs_*"], [];
    Media "YouTube", "Google Ireland Limited, Dublin",
        ["*.youtube.com" "*.youtube-nocookie.com" "*.ytimg.com" "*.googlevideo.com" "*.ggpht.com"],
        ["YSC" "VISITOR_INFO1_LIVE" "VISITOR_PRIVACY_METADATA" "__Secure-YNID" "__Secure-ROLLOUT_TOKEN" "PREF"], ["yt-*" "yt.*" "ytidb*"];
    Media "Vimeo", "Vimeo.com, Inc., New York", ["*.vimeo.com" "*.vimeocdn.com"], ["vuid" "player"], ["sync_*"];
    Media "Google Maps", "Google Ireland Limited, Dublin", ["maps.googleapis.com" "maps.gstatic.com" "maps.google.*"], [], [];
    Media "Google Fonts", "Google Ireland Limited, Dublin", ["fonts.googleapis.com" "fonts.gstatic.com"], [], [];
    Media "Google reCAPTCHA", "Google Ireland Limited, Dublin", ["www.recaptcha.net" "www.google.com" "www.gstatic.com"], ["_GRECAPTCHA" "NID"], ["_grecaptcha" "rc::*"];
    Media "Spotify", "Spotify AB, Stockholm", ["open.spotify.com" "*.spotifycdn.com"], ["sp_t" "sp_landing"], [];
    Media "SoundCloud", "SoundCloud Global Limited & Co. KG, Berlin", ["w.soundcloud.com" "*.sndcdn.com"], ["sc_anonymous_id"], ["WIDGET::*"];
    Media "Instagram", "Meta Platforms Ireland Limited, Dublin", ["www.instagram.com" "*.cdninstagram.com"], ["ig_did" "csrftoken" "mid"], [];
    Media "X posts", "X Internet Unlimited Company, Dublin", ["platform.twitter.com" "syndication.twitter.com" "*.twimg.com"], [], [];
    Media "Intercom", "Intercom R&D Unlimited Company, Dublin", ["*.intercom.io" "*.intercomcdn.com"], ["intercom-*"], ["intercom*"];
    Media "Tawk.to", "tawk.to inc., Las Vegas", ["*.tawk.to"], ["twk_*" "TawkConnectionTime"], ["twk_*"];
    Media "Zendesk", "Zendesk International Limited, Dublin", ["*.zdassets.com" "*.zendesk.com"], ["__zlcmid"], ["ZD-*"];
    Media "Font Awesome", "Fonticons, Inc., Bentonville", ["use.fontawesome.com" "kit.fontawesome.com" "ka-f.fontawesome.com"], [], [];
    Media "Adobe Fonts", "Adobe Systems Software Ireland Limited, Dublin", ["use.typekit.net" "p.typekit.net"], [], [];
    Media "jsDelivr", "Volentio JSD Limited, London", ["cdn.jsdelivr.net"], [], [];
    Media "unpkg", "Cloudflare, Inc., San Francisco", ["unpkg.com"], [], [];
    Media "cdnjs", "Cloudflare, Inc., San Francisco", ["cdnjs.cloudflare.com"], [], [];
}

/// Whose host this is.
pub fn of_host(host: &str) -> Option<&'static Known> {
    ALL.iter().find(|one| one.hosts.iter().any(|pattern| names::fits_host(pattern, host)))
}

/// Whose cookie this is, and the name to declare it by.
pub fn of_cookie(name: &str) -> Option<(&'static Known, &'static str)> {
    ALL.iter().find_map(|one| Some((one, *one.cookies.iter().find(|pattern| names::fits(pattern, name))?)))
}

/// Whose entry this is, and the key to declare it by.
pub fn of_entry(key: &str) -> Option<(&'static Known, &'static str)> {
    ALL.iter().find_map(|one| Some((one, *one.storage.iter().find(|pattern| names::fits(pattern, key))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_everywhere_is_known_by_its_name() {
        let name = |known: Option<&Known>| known.map(|known| known.name);
        assert_eq!(name(of_host("region1.google-analytics.com")), Some("Google Analytics"));
        assert_eq!(name(of_host("stats.g.doubleclick.net")), Some("Google Ads"));
        assert_eq!(name(of_host("www.youtube-nocookie.com")), Some("YouTube"));
        assert_eq!(name(of_host("cdn.shop.example")), None);
        assert_eq!(
            of_cookie("_ga_A1B2C3").map(|(one, pattern)| (one.name, pattern)),
            Some(("Google Analytics", "_ga_*"))
        );
        assert_eq!(of_cookie("_pk_id.1.1fff").map(|(_, pattern)| pattern), Some("_pk_id.*"));
        assert_eq!(of_cookie("PHPSESSID").map(|(one, _)| one.name), None);
    }

    #[test]
    fn no_service_is_listed_twice_and_no_pattern_fits_everything() {
        for (index, one) in ALL.iter().enumerate() {
            assert!(ALL[..index].iter().all(|other| other.name != one.name), "{}", one.name);
            for pattern in one.hosts.iter().chain(one.cookies).chain(one.storage) {
                assert!(pattern.trim_matches('*').len() >= 2, "{pattern} of {}", one.name);
            }
        }
    }
}
