//! The words around receipts: what stands in the file itself, on the page that checks one, and on a terminal.

use crate::id::Language;

says! {
    /// In the file: what it is and what it reveals; `{page}`.
    About:
        "A personal receipt for what you decided on a form. Keep it, and show it only to those you trust. It reveals the form, the website and the page, the time, the language, each decision with the words that were shown, and a pseudonym under which it is kept. It holds no name, no address and nothing that was typed; but whoever has this file and a mail address can find out whether it was the one given. It can be checked at {page}, or with the command `unticked receipt verify`.",
        "Лична разписка за решенията Ви във формуляр. Пазете я и я показвайте само на хора, на които се доверявате. Тя разкрива формуляра, уебсайта и страницата, времето, езика, всяко решение с показаните думи и псевдонима, под който се пази. В нея няма име, адрес или нещо от написаното; но който има този файл и имейл адрес, може да установи дали е посоченият. Може да бъде проверена на {page} или с командата `unticked receipt verify`.",
        "إيصال شخصي بما قررته في نموذج. احتفظ به ولا تُطلع عليه إلا من تثق به. وهو يكشف النموذج والموقع والصفحة والوقت واللغة وكل قرار بالكلمات التي عُرضت، والاسم المستعار الذي يُحفظ تحته. ولا يحتوي على اسم ولا عنوان ولا شيء مما كُتب؛ لكن من يملك هذا الملف وعنوان بريد إلكتروني يستطيع أن يعرف هل هو العنوان الذي أُعطي. ويمكن التحقق منه في \u{2066}{page}\u{2069} أو بالأمر `unticked receipt verify`.";
    /// The heading of the page.
    Title:
        "Check a receipt",
        "Проверка на разписка",
        "التحقق من إيصال";
    /// Under it.
    Intro:
        "A receipt is the file that could be kept when a form was sent or a consent was taken back. It is checked here, in your browser, and sent nowhere.",
        "Разписката е файлът, който може да се запази при изпращане на формуляр или оттегляне на съгласие. Проверява се тук, във Вашия браузър, и не се изпраща никъде.",
        "الإيصال هو الملف الذي أمكن الاحتفاظ به عند إرسال نموذج أو سحب موافقة. ويجري التحقق منه هنا في متصفحك، ولا يُرسل إلى أي مكان.";
    /// In the field for dropping.
    Drop:
        "Drop the file here, or choose it",
        "Пуснете файла тук или го изберете",
        "أفلت الملف هنا أو اختره";
    /// The label of the file button.
    ChooseFile:
        "Receipt file",
        "Файл с разписка",
        "ملف الإيصال";
    /// The label of the field for pasting.
    Paste:
        "Or paste its text",
        "Или поставете текста му",
        "أو ألصق نصه";
    /// The button that checks what was pasted.
    Check:
        "Check",
        "Проверка",
        "تحقق";
    /// The summary over the key.
    KeyTitle:
        "The log's key",
        "Ключът на дневника",
        "مفتاح السجل";
    /// Under it.
    KeyText:
        "A receipt is checked with the key of the log that it stands in. This is the key of this collector's log. For a receipt from elsewhere, put in the key that is published there.",
        "Разписката се проверява с ключа на дневника, в който е вписана. Това е ключът на дневника на този сървър. За разписка от другаде въведете публикувания там ключ.",
        "يُتحقق من الإيصال بمفتاح السجل المقيَّد فيه. هذا مفتاح سجل هذا الخادم. ولإيصال من مكان آخر أدخل المفتاح المنشور هناك.";
    /// The label of its field.
    KeyLabel:
        "Key",
        "Ключ",
        "المفتاح";
    /// Where no script runs; `{command}` follows on a line of its own.
    WithoutScript:
        "This page checks a file by a script in your browser, and that does not run here. On a terminal, the same is done by:",
        "Тази страница проверява файла чрез скрипт във Вашия браузър, а тук той не се изпълнява. В терминал същото прави:",
        "تتحقق هذه الصفحة من الملف بواسطة برنامج نصي في متصفحك، وهو لا يعمل هنا. ويمكن القيام بالأمر نفسه في سطر الأوامر:";
    /// It holds.
    Holds:
        "This receipt holds",
        "Тази разписка е истинска",
        "هذا الإيصال صحيح";
    /// Under it; `{log}`, `{index}`, `{size}`.
    HoldsText:
        "The record stands unchanged in the log {log}, as entry {index} of {size} (counted from 0), and the log has signed that.",
        "Записът стои непроменен в дневника {log} като запис {index} от {size} (броено от 0) и дневникът е подписал това.",
        "السجل المدوَّن قائم دون تغيير في \u{2066}{log}\u{2069}، برقم {index} من {size} (العد من 0)، وقد وُقِّع على ذلك.";
    /// It does not hold.
    Fails:
        "This receipt does not hold",
        "Тази разписка не е истинска",
        "هذا الإيصال غير صحيح";
    /// It cannot be checked.
    Unchecked:
        "This cannot be checked here",
        "Това не може да бъде проверено тук",
        "لا يمكن التحقق من هذا هنا";
    /// Before the pseudonym.
    Who:
        "Who (a pseudonym)",
        "Кой (псевдоним)",
        "مَن (اسم مستعار)";
    /// Before when it arrived.
    When:
        "When it arrived",
        "Кога е пристигнало",
        "وقت الوصول";
    /// Before when it was sent, by the visitor's own timestamp.
    SentAt:
        "When it was sent",
        "Кога е изпратено",
        "وقت الإرسال";
    /// Before the form's id.
    Form:
        "Form",
        "Формуляр",
        "النموذج";
    /// Before the address of the page.
    Page:
        "On the page",
        "На страницата",
        "في الصفحة";
    /// Before how it was decided.
    How:
        "How",
        "Как",
        "كيف";
    /// Before the language's tag.
    Shown:
        "Language shown",
        "Показан език",
        "اللغة المعروضة";
    /// Before the version.
    Version:
        "Version shown",
        "Показана версия",
        "النسخة المعروضة";
    /// Before the record's id.
    Record:
        "Record",
        "Запис",
        "القيد";
    /// Before the id of the submission's own record.
    Follows:
        "Belongs to record",
        "Към запис",
        "يتبع القيد";
    /// Before the privacy signal.
    Gpc:
        "Global Privacy Control",
        "Global Privacy Control (сигнал)",
        "إشارة Global Privacy Control";
    /// Before the client's address.
    Client:
        "Network address, shortened",
        "Мрежов адрес, съкратен",
        "عنوان الشبكة، مختصرًا";
    /// Before what a record says besides.
    More:
        "Also in the record",
        "Също в записа",
        "وفي القيد أيضًا";
    /// The signal was on.
    On:
        "on",
        "включен",
        "مفعَّلة";
    /// The signal was off.
    Off:
        "off",
        "изключен",
        "غير مفعَّلة";
    /// By the widget.
    ByWidget:
        "with the form on the page, signed by the browser",
        "с формуляра на страницата, подписано от браузъра",
        "بالنموذج في الصفحة، بتوقيع المتصفح";
    /// By a native post.
    ByPage:
        "by a page without scripts, not signed by the browser",
        "чрез страница без скриптове, неподписано от браузъра",
        "بصفحة دون برامج نصية، ودون توقيع المتصفح";
    /// By a link in a mail.
    ByMailLink:
        "by a link in a mail",
        "чрез връзка в имейл",
        "برابط في رسالة بريد";
    /// By staff.
    ByConsole:
        "entered by the staff",
        "въведено от служител",
        "أدخله موظف";
    /// By a program, or by the person's own link.
    ByApi:
        "by a program, with the person's own link or a signature",
        "чрез програма, с личната връзка или подпис",
        "ببرنامج، بالرابط الشخصي أو بتوقيع";
    /// Said to staff.
    ByOral:
        "said to the staff",
        "казано на служител",
        "قيل لموظف";
    /// From another system.
    ByImport:
        "brought from another system",
        "пренесено от друга система",
        "نُقل من نظام آخر";
    /// By a rule.
    ByRule:
        "nobody's decision: a rule carried out by the collector",
        "ничие решение: правило, изпълнено от сървъра",
        "ليس قرار أحد: قاعدة نفذها الخادم";
    /// The heading over the decisions.
    DecidedTitle:
        "What was decided",
        "Какво е решено",
        "ما الذي تقرر";
    /// Under it.
    DecidedText:
        "In the very words that were shown.",
        "Със същите думи, които са били показани.",
        "بالكلمات نفسها التي عُرضت.";
    /// A grant.
    Granted:
        "Yes: consent was given",
        "Да: дадено е съгласие",
        "نعم: أُعطيت الموافقة";
    /// A grant that waited for its confirmation.
    Unconfirmed:
        "Yes, but not confirmed by mail at that time",
        "Да, но към онзи момент непотвърдено по имейл",
        "نعم، لكن دون تأكيد بالبريد حينها";
    /// A refusal.
    Refused:
        "No: consent was refused",
        "Не: съгласие е отказано",
        "لا: رُفضت الموافقة";
    /// A withdrawal.
    Withdrawn:
        "Consent was taken back",
        "Съгласието е оттеглено",
        "سُحبت الموافقة";
    /// Nothing to decide; the basis follows.
    NotAsked:
        "Not asked for consent; it rests on:",
        "Не е искано съгласие; основание:",
        "لم تُطلب موافقة؛ والأساس:";
    /// Its promised time was over.
    EndedRetention:
        "Ended: the promised time was over",
        "Приключило: обещаният срок е изтекъл",
        "انتهى: انقضت المدة الموعودة";
    /// Nobody let it go.
    EndedUnreleased:
        "Ended: it looked like a robot's, and nobody released it",
        "Приключило: приличало е на робот и никой не го е освободил",
        "انتهى: بدا كأنه من روبوت ولم يُفرج عنه أحد";
    /// The person asked to be forgotten.
    EndedErasure:
        "Ended: erasure was asked for",
        "Приключило: поискано е изтриване",
        "انتهى: طُلب المحو";
    /// Art. 6(1)(a).
    Consent:
        "consent (Art. 6(1)(a) GDPR)",
        "съгласие (чл. 6, пар. 1, буква а) от ОРЗД)",
        "الموافقة (المادة 6(1)(أ) من اللائحة العامة لحماية البيانات)";
    /// Art. 6(1)(b).
    Contract:
        "a contract, or steps before one (Art. 6(1)(b) GDPR)",
        "договор или стъпки преди него (чл. 6, пар. 1, буква б) от ОРЗД)",
        "عقد أو خطوات قبله (المادة 6(1)(ب) من اللائحة العامة لحماية البيانات)";
    /// Art. 6(1)(c).
    LegalObligation:
        "a legal obligation (Art. 6(1)(c) GDPR)",
        "законово задължение (чл. 6, пар. 1, буква в) от ОРЗД)",
        "التزام قانوني (المادة 6(1)(ج) من اللائحة العامة لحماية البيانات)";
    /// Art. 6(1)(d).
    VitalInterests:
        "vital interests (Art. 6(1)(d) GDPR)",
        "жизненоважни интереси (чл. 6, пар. 1, буква г) от ОРЗД)",
        "مصالح حيوية (المادة 6(1)(د) من اللائحة العامة لحماية البيانات)";
    /// Art. 6(1)(e).
    PublicTask:
        "a task in the public interest (Art. 6(1)(e) GDPR)",
        "задача от обществен интерес (чл. 6, пар. 1, буква д) от ОРЗД)",
        "مهمة للمصلحة العامة (المادة 6(1)(هـ) من اللائحة العامة لحماية البيانات)";
    /// Art. 6(1)(f).
    LegitimateInterests:
        "legitimate interests (Art. 6(1)(f) GDPR)",
        "легитимни интереси (чл. 6, пар. 1, буква е) от ОРЗД)",
        "مصالح مشروعة (المادة 6(1)(و) من اللائحة العامة لحماية البيانات)";
    /// The heading over the address.
    AddressTitle:
        "Is it this address?",
        "Този адрес ли е?",
        "هل هو هذا العنوان؟";
    /// Under it.
    AddressText:
        "The receipt holds no address, only a fingerprint of the one that was given. Put one in to see whether it is the same; it stays on this page.",
        "В разписката няма адрес, а само отпечатък на посочения. Въведете адрес, за да видите дали е същият; той остава на тази страница.",
        "لا يحتوي الإيصال على عنوان، بل على بصمة العنوان الذي أُعطي. أدخل عنوانًا لترى هل هو نفسه؛ ويبقى في هذه الصفحة.";
    /// The label of its field.
    AddressLabel:
        "Mail address",
        "Имейл адрес",
        "عنوان البريد الإلكتروني";
    /// Its button.
    AddressButton:
        "Compare",
        "Сравняване",
        "قارن";
    /// It is the one.
    AddressIs:
        "Yes, this is the address that was given.",
        "Да, това е посоченият адрес.",
        "نعم، هذا هو العنوان الذي أُعطي.";
    /// It is not.
    AddressIsNot:
        "No, another address was given.",
        "Не, посочен е друг адрес.",
        "لا، أُعطي عنوان آخر.";
    /// There is none.
    AddressNone:
        "No mail address belongs to this record, so it cannot be compared with one.",
        "Към този запис няма имейл адрес и няма с какво да се сравни.",
        "لا يوجد عنوان بريد لهذا القيد، فلا يمكن مقارنته بعنوان.";
    /// What was typed is none.
    AddressWrong:
        "This is no mail address. Enter one like name@example.com.",
        "Това не е имейл адрес. Въведете адрес като name@example.com.",
        "هذا ليس عنوان بريد إلكتروني. أدخل عنوانًا مثل name@example.com.";
    /// The heading over the limits.
    LimitsTitle:
        "What a receipt cannot prove",
        "Какво не доказва разписката",
        "ما لا يستطيع الإيصال إثباته";
    /// Who it was.
    LimitWho:
        "Who sat at the keyboard. It names a pseudonym; a matching address shows which address was typed, not who typed it.",
        "Кой е бил пред клавиатурата. Тя назовава псевдоним; съвпадащ адрес показва кой адрес е въведен, а не от кого.",
        "من كان أمام لوحة المفاتيح. فهو يذكر اسمًا مستعارًا؛ وتطابق العنوان يبيّن العنوان الذي كُتب لا من كتبه.";
    /// What was typed.
    LimitContent:
        "What was typed into the other fields. Only a sealed fingerprint of it is in the record.",
        "Какво е написано в другите полета. В записа има само запечатан отпечатък.",
        "ما كُتب في الحقول الأخرى. ففي القيد بصمة مختومة له فحسب.";
    /// What came later.
    LimitLater:
        "What was decided later. Taking a consent back makes a record, and a receipt, of its own.",
        "Какво е решено по-късно. Оттеглянето на съгласие създава отделен запис с отделна разписка.",
        "ما تقرر لاحقًا. فسحب الموافقة ينشئ قيدًا وإيصالًا مستقلين.";
    /// The time.
    LimitTime:
        "That the clock was right. The time is the collector's own, unless an authority or a witness has seen the log.",
        "Че часовникът е бил верен. Времето е на самия сървър, освен ако дневникът е видян от удостоверяващ орган или свидетел.",
        "أن الساعة كانت صحيحة. فالوقت هو وقت الخادم نفسه، ما لم تكن جهة توثيق أو شاهد قد رأى السجل.";
    /// One log for all.
    LimitOneLog:
        "That everyone is shown the same log. Compare the log's signed head with others, or with witnesses.",
        "Че на всички се показва един и същ дневник. Сравнете подписаното му състояние с други хора или със свидетели.",
        "أن الجميع يرون السجل نفسه. قارن رأس السجل الموقَّع بما لدى غيرك أو لدى الشهود.";
    /// Whose key.
    LimitKey:
        "Whose the key is. Get it from the organisation itself, and not from whoever gave you the file.",
        "Чий е ключът. Вземете го от самата организация, а не от този, който Ви е дал файла.",
        "لمن المفتاح. احصل عليه من المؤسسة نفسها لا ممن أعطاك الملف.";
    /// Too large.
    TooLarge:
        "This file is too large to be a receipt.",
        "Този файл е твърде голям за разписка.",
        "هذا الملف أكبر من أن يكون إيصالًا.";
    /// Cut off.
    CutOff:
        "The file is cut off: it ends before the receipt does. Save it once more from where you have it.",
        "Файлът е отрязан: свършва преди края на разписката. Запазете го отново оттам, откъдето го имате.",
        "الملف مبتور: ينتهي قبل أن ينتهي الإيصال. احفظه مرة أخرى من حيث حصلت عليه.";
    /// Something else.
    NoReceipt:
        "This is no receipt of Unticked.",
        "Това не е разписка на Unticked.",
        "هذا ليس إيصالًا من Unticked.";
    /// Newer.
    Newer:
        "This receipt is of a later kind than this program knows. Check it with a newer version.",
        "Тази разписка е от по-нов вид, който тази програма не познава. Проверете я с по-нова версия.",
        "هذا الإيصال من نوع أحدث مما يعرفه هذا البرنامج. تحقق منه بنسخة أحدث.";
    /// Older.
    Older:
        "This receipt is of an earlier kind that this program does not read. Check it with the version that made it.",
        "Тази разписка е от по-стар вид, който тази програма не чете. Проверете я с версията, която я е създала.",
        "هذا الإيصال من نوع أقدم لا يقرؤه هذا البرنامج. تحقق منه بالنسخة التي أنشأته.";
    /// The checksum.
    Altered:
        "The file was altered or damaged: its content does not fit its checksum.",
        "Файлът е променен или повреден: съдържанието не отговаря на контролната му сума.",
        "عُدِّل الملف أو تلف: لا يوافق محتواه بصمة التحقق فيه.";
    /// Members.
    AlteredShape:
        "The file was altered: parts of a receipt are missing, or do not belong in one.",
        "Файлът е променен: липсват части на разписка или има чужди.",
        "عُدِّل الملف: تنقصه أجزاء من الإيصال أو فيه ما لا ينتمي إليه.";
    /// A text.
    AlteredText:
        "The file was altered: a text in it is not the one that was shown.",
        "Файлът е променен: текст в него не е този, който е бил показан.",
        "عُدِّل الملف: فيه نص ليس هو الذي عُرض.";
    /// The record is not what the proof proves.
    AlteredRecord:
        "The file was altered: the record in it is not the one that stands in the log.",
        "Файлът е променен: записът в него не е този, който стои в дневника.",
        "عُدِّل الملف: القيد الذي فيه ليس هو القائم في السجل.";
    /// The signature.
    AlteredProof:
        "The file was altered: the log's signature on it does not hold.",
        "Файлът е променен: подписът на дневника върху него не е валиден.",
        "عُدِّل الملف: توقيع السجل عليه غير صحيح.";
    /// Another log's; `{log}`, `{known}`.
    Foreign:
        "This receipt names the log {log}, and the key at hand is that of {known}. Get the key of {log} from its owner and check with that.",
        "Тази разписка посочва дневника {log}, а наличният ключ е на {known}. Вземете ключа на {log} от собственика му и проверете с него.",
        "يذكر هذا الإيصال السجل \u{2066}{log}\u{2069}، والمفتاح المتوفر هو مفتاح \u{2066}{known}\u{2069}. احصل على مفتاح \u{2066}{log}\u{2069} من صاحبه وتحقق به.";
    /// That log's name, with another key; `{log}`.
    OtherKey:
        "This receipt names the log {log}, but another key than the one at hand signed it. One of the two is not that log's.",
        "Тази разписка посочва дневника {log}, но е подписана с друг ключ, а не с наличния. Единият от двата не е на този дневник.",
        "يذكر هذا الإيصال السجل \u{2066}{log}\u{2069}، لكن وقَّعه مفتاح غير المتوفر. وأحدهما ليس مفتاح هذا السجل.";
    /// The key was typed wrongly.
    WrongKey:
        "The key cannot be read. It is one line: a name, eight digits and letters, and the key itself, with plus signs between.",
        "Ключът не може да бъде прочетен. Той е един ред: име, осем цифри и букви и самият ключ, разделени с плюс.",
        "لا يمكن قراءة المفتاح. هو سطر واحد: اسم وثمانية أرقام وحروف ثم المفتاح نفسه، وبينها علامات زائد.";
    /// The browser cannot read the file.
    Unreadable:
        "The file cannot be read.",
        "Файлът не може да бъде прочетен.",
        "لا يمكن قراءة الملف.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_language_says_every_word_in_its_own_script_and_fills_in_the_same() {
        let placeholders = |text: &'static str| -> BTreeSet<&str> {
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
        };
        for word in Says::ALL {
            let [en, bg, ar] = ["en", "bg-BG", "ar"].map(|tag| word.text(&Language::parse(tag).unwrap()));
            assert!(bg.chars().any(|c| ('а'..='я').contains(&c)), "{word:?}");
            assert!(ar.chars().any(|c| ('ء'..='ي').contains(&c)), "{word:?}");
            assert_eq!((placeholders(bg), placeholders(ar)), (placeholders(en), placeholders(en)), "{word:?}");
        }
    }
}
