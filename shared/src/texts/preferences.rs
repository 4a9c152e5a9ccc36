//! The words of the personal page, on which a person sees what they decided and takes it back. They are today's words and
//! no part of what was shown when consent was given, so they travel with no placement and no archive.

use crate::id::Language;

says! {
    /// The heading of the personal page.
    Title:
        "What you decided",
        "Какво решихте",
        "ما قررته";
    /// What was just taken back; `{names}`.
    JustWithdrawn:
        "Taken back: {names}",
        "Оттеглено: {names}",
        "تم سحب: {names}";
    /// The heading of the page that asks for the link.
    OpenTitle:
        "See or take back what you decided",
        "Вижте или оттеглете решенията си",
        "اطّلع على قراراتك أو اسحبها";
    /// Under it.
    OpenText:
        "Put in the personal link or code from the page that confirmed your message. It stands on its printout, too.",
        "Въведете личната връзка или кода от страницата, която потвърди съобщението Ви. Има ги и на разпечатката ѝ.",
        "أدخل الرابط الشخصي أو الرمز من الصفحة التي أكدت وصول رسالتك. وهو موجود أيضًا في نسختها المطبوعة.";
    /// The label of its field.
    OpenLabel:
        "Personal link or code",
        "Лична връзка или код",
        "الرابط الشخصي أو الرمز";
    /// Its button.
    OpenButton:
        "Open",
        "Отваряне",
        "فتح";
    /// The button of the hosted confirmation that opens the personal page without script.
    OpenNow:
        "Open that page now",
        "Отваряне на тази страница сега",
        "فتح تلك الصفحة الآن";
    /// What was put in opens nothing.
    WrongCode:
        "This link or code opens nothing. Please check that it is complete: a code is 43 letters, digits, hyphens and underscores.",
        "Тази връзка или код не отваря нищо. Моля, проверете дали е въведена изцяло: кодът е от 43 букви, цифри, тирета и долни черти.",
        "هذا الرابط أو الرمز لا يفتح شيئًا. يُرجى التحقق من أنه كامل: يتكون الرمز من 43 حرفًا ورقمًا وشرطة وشرطة سفلية.";
    /// Before the reference.
    Reference:
        "Reference",
        "Референтен номер",
        "الرقم المرجعي";
    /// Before when the form was sent.
    SentAt:
        "Sent",
        "Изпратено",
        "تاريخ الإرسال";
    /// Before the form's title.
    Form:
        "Form",
        "Формуляр",
        "النموذج";
    /// The heading over the purposes that were asked about.
    AskedTitle:
        "What you were asked",
        "За какво Ви попитахме",
        "ما سُئلت عنه";
    /// Under it: the words are those of then.
    AskedText:
        "In the very words that you were shown.",
        "Със същите думи, които Ви бяха показани.",
        "بالكلمات نفسها التي عُرضت عليك.";
    /// A grant; `{date}`.
    Granted:
        "You said yes: {date}",
        "Казахте „да“: {date}",
        "قلت نعم: {date}";
    /// A grant that waits for the mail; `{date}`.
    Unconfirmed:
        "You said yes: {date}. It does not count before you confirm it by mail.",
        "Казахте „да“: {date}. Важи едва след като потвърдите по имейл.",
        "قلت نعم: {date}. ولا يسري ذلك إلا بعد أن تؤكده عبر البريد الإلكتروني.";
    /// A refusal; `{date}`.
    Refused:
        "You said no: {date}. Nothing is done with your data for this.",
        "Казахте „не“: {date}. Данните Ви не се използват за това.",
        "قلت لا: {date}. ولا تُستخدم بياناتك لهذا الغرض.";
    /// A withdrawal; `{date}`.
    Withdrawn:
        "You took this back: {date}. Your data are no longer used for it.",
        "Оттеглихте това: {date}. Данните Ви вече не се използват за него.",
        "سحبت هذه الموافقة: {date}. ولم تعد بياناتك تُستخدم لهذا الغرض.";
    /// A refusal at the banner, after which others may have followed; `{date}`.
    RefusedThen:
        "You said no: {date}.",
        "Казахте „не“: {date}.",
        "قلت لا: {date}.";
    /// A withdrawal at the banner, likewise; `{date}`.
    WithdrawnThen:
        "You took this back: {date}.",
        "Оттеглихте това: {date}.",
        "سحبت هذه الموافقة: {date}.";
    /// A purpose whose time is over; `{date}`.
    Ended:
        "Over: {date}. The promised time has passed, and your data are no longer used for it.",
        "Приключило: {date}. Обещаният срок изтече и данните Ви вече не се използват за това.",
        "انتهى: {date}. انقضت المدة التي وُعدت بها، ولم تعد بياناتك تُستخدم لهذا الغرض.";
    /// The button that takes one consent back.
    WithdrawOne:
        "Take this consent back",
        "Оттегляне на това съгласие",
        "سحب هذه الموافقة";
    /// The button that takes all of them back.
    WithdrawAll:
        "Take back every consent",
        "Оттегляне на всички съгласия",
        "سحب جميع الموافقات";
    /// The heading over the purposes that rest on another basis.
    OtherTitle:
        "What does not rest on your consent",
        "Какво не се основава на Вашето съгласие",
        "ما لا يستند إلى موافقتك";
    /// Under it.
    OtherText:
        "There is no consent to take back here, because none was asked for.",
        "Тук няма съгласие, което да бъде оттеглено, защото такова не е искано.",
        "لا توجد هنا موافقة تُسحب، لأنه لم تُطلب موافقة.";
    /// How to object (Art. 21); `{contact}`.
    Object:
        "You may object, on grounds of your own situation and against direct marketing without any: {contact} (Art. 21 GDPR).",
        "Можете да възразите – по причини, свързани с Вашата конкретна ситуация, а срещу директния маркетинг и без причини: {contact} (чл. 21 от ОРЗД).",
        "يحق لك الاعتراض لأسباب تتعلق بوضعك الخاص، وعلى التسويق المباشر دون أي سبب: {contact} (المادة 21 من اللائحة العامة لحماية البيانات).";
    /// Whom to ask about a purpose on which objecting has no say; `{contact}`.
    Ask:
        "Questions about it, or a wish to have data erased: {contact}",
        "За въпроси или за изтриване на данни: {contact}",
        "للاستفسار عنه أو لطلب محو البيانات: {contact}";
    /// An objection that was recorded; `{date}`.
    Objected:
        "Objected to: {date}. Your data are no longer used for it.",
        "Възразихте: {date}. Данните Ви вече не се използват за това.",
        "تم الاعتراض: {date}. ولم تعد بياناتك تُستخدم لهذا الغرض.";
    /// The heading over what a withdrawal does.
    EffectTitle:
        "What taking back does",
        "Какво променя оттеглянето",
        "ما الذي يغيّره السحب";
    /// What it does and what it does not (Art. 7(3)).
    EffectText:
        "From that moment on your data are not used for it any more, and everyone to whom this form sent them for their use is told. You need give no reason. It does not make unlawful what was done before (Art. 7(3) GDPR). What rests on another legal basis goes on, and the evidence of what you decided is kept.",
        "От този момент данните Ви вече не се използват за това и всички, на които този формуляр ги е изпратил, се уведомяват. Не е нужно да посочвате причини. Оттеглянето не засяга законосъобразността на обработването преди него (чл. 7, параграф 3 от ОРЗД). Онова, което се основава на друго правно основание, продължава, а доказателството за решенията Ви се пази.",
        "منذ تلك اللحظة لا تُستخدم بياناتك لهذا الغرض، ويُبلَّغ بذلك كل من أرسلها إليه هذا النموذج. ولست مطالبًا بذكر أي سبب. ولا يمس السحب مشروعية ما جرى قبله (المادة 7(3) من اللائحة العامة لحماية البيانات). أما ما يستند إلى أساس قانوني آخر فيستمر، ويُحتفظ بإثبات ما قررته.";
    /// The heading over where a banner's decision is changed.
    SiteTitle:
        "To change it, go back to the site",
        "За да го промените, върнете се на сайта",
        "لتغيير ذلك، عد إلى الموقع";
    /// Under it: nothing but the browser that holds the decision can change it; `{settings}` is the button's name.
    SiteText:
        "This page shows one decision as it was recorded. Your latest one is what counts. It is kept in the browser in which you decided, so only there can it be changed or taken back: open the site and press “{settings}”. The site obeys at once, and that is recorded, too.",
        "Тази страница показва едно решение така, както е записано. Важи последното Ви решение. То се пази в браузъра, в който сте го взели, затова само там може да бъде променено или оттеглено: отворете сайта и натиснете „{settings}“. Сайтът го спазва веднага и това също се записва.",
        "تعرض هذه الصفحة قرارًا واحدًا كما سُجّل. والمعتمد هو آخر قرار لك. وهو محفوظ في المتصفح الذي قررت فيه، فلا يمكن تغييره أو سحبه إلا هناك: افتح الموقع واضغط «{settings}». يلتزم الموقع به فورًا، ويُسجَّل ذلك أيضًا.";
    /// The link to the page on which it was decided; `{site}`.
    SiteLink:
        "Open {site}",
        "Отваряне на {site}",
        "فتح {site}";
    /// The heading where nothing is left.
    GoneTitle:
        "Nothing that points to you is kept here any more",
        "Тук вече не се пази нищо, което сочи към Вас",
        "لم يعد يُحتفظ هنا بأي شيء يدل عليك";
    /// Under it.
    GoneText:
        "What you sent was erased, or the time for which it was kept is over. There is nothing left to take back.",
        "Изпратеното от Вас е изтрито или срокът за съхранението му е изтекъл. Няма какво да бъде оттеглено.",
        "مُحي ما أرسلته، أو انقضت مدة الاحتفاظ به. ولم يبقَ ما يُسحب.";
    /// It cannot be done now.
    Later:
        "This cannot be done right now, and nothing was changed. Please try again in a moment.",
        "В момента това не може да бъде направено и нищо не е променено. Моля, опитайте отново след малко.",
        "لا يمكن القيام بذلك الآن، ولم يتغير شيء. يُرجى المحاولة مرة أخرى بعد قليل.";
    /// Too many attempts; `{seconds}`.
    TooMany:
        "Too many attempts came from your connection, and nothing was changed. Please try again in {seconds} seconds.",
        "От Вашата връзка дойдоха твърде много опити и нищо не е променено. Моля, опитайте отново след {seconds} секунди.",
        "وردت محاولات كثيرة جدًا من اتصالك، ولم يتغير شيء. يُرجى المحاولة مرة أخرى بعد {seconds} ثانية.";
}

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const BULGARIAN: [&str; 12] = [
    "януари",
    "февруари",
    "март",
    "април",
    "май",
    "юни",
    "юли",
    "август",
    "септември",
    "октомври",
    "ноември",
    "декември",
];
const ARABIC: [&str; 12] =
    ["يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"];

/// A time (RFC 3339, UTC) as people write it, to the minute; as it came where it is no such time.
pub fn spoken_time(language: &Language, time: &str) -> String {
    let spoken = || {
        let (day, clock) = time.strip_suffix('Z')?.split_once('T')?;
        let mut parts = day.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?.parse::<usize>().ok()?, parts.next()?);
        let clock = clock.get(..5)?;
        let day = day.trim_start_matches('0');
        let month = |names: [&'static str; 12]| names.get(month.checked_sub(1)?).copied();
        Some(match language.primary() {
            "bg" => format!("{day} {} {year} г., {clock} UTC", month(BULGARIAN)?),
            "ar" => format!("{day} {} {year}، {clock} UTC", month(ARABIC)?),
            _ => format!("{day} {} {year}, {clock} UTC", month(ENGLISH)?),
        })
    };
    spoken().unwrap_or_else(|| time.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn language(tag: &str) -> Language {
        Language::parse(tag).unwrap()
    }

    #[test]
    fn every_language_says_every_word_in_its_own_script_and_fills_in_the_same() {
        let placeholders = |text: &'static str| -> BTreeSet<&str> {
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
        };
        for word in Says::ALL {
            let [en, bg, ar] = ["en", "bg-BG", "ar"].map(|tag| word.text(&language(tag)));
            assert!(bg.chars().any(|c| ('а'..='я').contains(&c)), "{word:?}");
            assert!(ar.chars().any(|c| ('ء'..='ي').contains(&c)), "{word:?}");
            assert_eq!((placeholders(bg), placeholders(ar)), (placeholders(en), placeholders(en)), "{word:?}");
            assert_eq!(word.text(&language("de")), en);
        }
    }

    #[test]
    fn a_time_is_written_as_people_do() {
        let spoken = |tag| spoken_time(&language(tag), "2026-11-03T09:05:59Z");
        assert_eq!(spoken("en"), "3 November 2026, 09:05 UTC");
        assert_eq!(spoken("bg"), "3 ноември 2026 г., 09:05 UTC");
        assert_eq!(spoken("ar"), "3 نوفمبر 2026، 09:05 UTC");
        for odd in ["", "2026-13-03T09:05:59Z", "2026-00-03T09:05:59Z", "yesterday", "2026-11-03T9Z", "2026-11-03"] {
            assert_eq!(spoken_time(&language("en"), odd), odd);
        }
    }
}
