//! The words of the banner and of what stands in for content that is not loaded yet. They are part of what is shown, so the
//! rendered banner that is archived holds them.

use crate::id::Language;

says! {
    /// The button that grants every purpose that is asked.
    AcceptAll:
        "Accept all",
        "Приемам всички",
        "قبول الكل";
    /// The button that refuses every one.
    RefuseAll:
        "Refuse all",
        "Отказвам всички",
        "رفض الكل";
    /// The button that opens the switches.
    Choose:
        "Choose",
        "Избирам",
        "اختيار";
    /// The button that keeps the switches as they are.
    Save:
        "Save my choice",
        "Запазване на избора",
        "حفظ اختياري";
    /// The button, and the accessible name, of what opens the settings again.
    Settings:
        "Privacy settings",
        "Настройки за поверителност",
        "إعدادات الخصوصية";
    /// The button that leaves the settings as they were.
    Close:
        "Close without a change",
        "Затваряне без промяна",
        "إغلاق دون تغيير";
    /// On the first layer, before the buttons: the purposes by name; `{purposes}`.
    Asked:
        "You decide about: {purposes}.",
        "Вие решавате за: {purposes}.",
        "القرار لك بشأن: {purposes}.";
    /// In the complete notice: whether anything must be allowed (Art. 13(2)(e)).
    Required:
        "No. The site works whatever you decide; what you refuse is not loaded.",
        "Не. Сайтът работи, каквото и да решите; каквото откажете, не се зарежда.",
        "لا. يعمل الموقع مهما كان قرارك، وما ترفضه لا يُحمَّل.";
    /// Beside the heading of purposes that rest on another basis than consent.
    Anyway:
        "Needed for the site itself",
        "Необходимо за самия сайт",
        "ضروري للموقع نفسه";
    /// The summary of the list of a purpose's services; `{count}`.
    Services:
        "Services ({count})",
        "Услуги ({count})",
        "الخدمات ({count})";
    /// Before what a service leaves on the device.
    Leaves:
        "It leaves on your device",
        "Оставя на Вашето устройство",
        "تترك على جهازك";
    /// Before who receives the data.
    Recipient:
        "Recipient",
        "Получател",
        "المستلم";
    /// Before the hosts.
    Hosts:
        "Connects to",
        "Свързва се с",
        "تتصل بـ";
    /// The browser sends Global Privacy Control, and these purposes stay refused; `{purposes}`, and `{accept}`, the button's label.
    Signal:
        "Your browser asks not to be tracked (Global Privacy Control). We follow it: “{accept}” leaves these off: {purposes}. You can still switch them on yourself.",
        "Вашият браузър иска да не бъдете проследявани (Global Privacy Control). Ние го спазваме: „{accept}“ оставя изключени: {purposes}. Можете сами да ги включите.",
        "يطلب متصفحك عدم تتبعك (Global Privacy Control)، ونحن نلتزم بذلك: «{accept}» يُبقي ما يلي متوقفًا: {purposes}. ويمكنك تشغيله بنفسك.";
    /// How to take it back, and that a refusal is remembered as long; `{settings}` is the settings' name.
    Withdraw:
        "You can change this at any time under “{settings}”. A refusal is remembered as long as a consent.",
        "Можете да промените това по всяко време в „{settings}“. Отказът се помни толкова дълго, колкото и съгласието.",
        "يمكنك تغيير ذلك في أي وقت من «{settings}». ويُحفظ الرفض المدة نفسها التي تُحفظ فيها الموافقة.";
    /// The text of a purpose has changed since it was decided.
    Changed:
        "This has changed since you decided.",
        "Това се промени, след като решихте.",
        "تغيّر هذا منذ قرارك.";
    /// Announced when a decision is kept.
    Kept:
        "Your choice is saved.",
        "Изборът Ви е запазен.",
        "تم حفظ اختيارك.";
    /// The browser's storage is closed: the decision holds for this page alone.
    NotKept:
        "Your browser keeps nothing for this site, so your choice holds for this page only.",
        "Вашият браузър не пази нищо за този сайт, затова изборът Ви важи само за тази страница.",
        "لا يحفظ متصفحك شيئًا لهذا الموقع، لذا يسري اختيارك على هذه الصفحة فقط.";
    /// In place of embedded content: what would load, and from whom; `{service}`, `{host}`.
    Placeholder:
        "Here {service} would load content from {host}.",
        "Тук {service} би заредил съдържание от {host}.",
        "هنا سيحمّل {service} محتوى من {host}.";
    /// The purpose that it waits for; `{purpose}`.
    PlaceholderPurpose:
        "It belongs to “{purpose}”, which you have not allowed.",
        "То е част от „{purpose}“, което не сте разрешили.",
        "وهو تابع لـ «{purpose}» الذي لم تسمح به.";
    /// The button that loads this one, now, and remembers nothing.
    LoadOnce:
        "Load this once",
        "Зареждане само сега",
        "تحميل هذه المرة فقط";
    /// The button that grants the purpose; `{purpose}`.
    LoadAlways:
        "Always allow “{purpose}”",
        "Винаги разрешавам „{purpose}“",
        "السماح دائمًا بـ «{purpose}»";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_language_says_every_word_and_fills_in_the_same() {
        let text = |word: Says, tag: &str| word.text(&Language::parse(tag).unwrap());
        let placeholders = |text: &'static str| -> BTreeSet<&str> {
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
        };
        for word in Says::ALL {
            let english = text(*word, "en");
            for (tag, letters) in [("bg", 'а'..='я'), ("ar", 'ء'..='ي')] {
                let text = text(*word, tag);
                assert!(text.chars().any(|c| letters.contains(&c)), "{word:?} in {tag}");
                assert_eq!(placeholders(text), placeholders(english), "{word:?} in {tag}");
            }
        }
    }

    #[test]
    fn a_refusal_takes_no_longer_to_read_than_a_consent() {
        for tag in ["en", "bg", "ar"] {
            let length = |word: Says| word.text(&Language::parse(tag).unwrap()).chars().count();
            assert!(length(Says::RefuseAll).abs_diff(length(Says::AcceptAll)) <= 2, "{tag}");
        }
    }
}
