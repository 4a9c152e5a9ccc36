//! Bulgarian. The terms are those of Regulation (EU) 2016/679 in its Bulgarian text.

use super::Word;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn text(word: Word) -> &'static str {
    match word {
        Word::Responsible => "Кой получава Вашите данни",
        Word::NoticeOpen => "Всичко за Вашите данни и права",
        Word::NoticeTitle => "Вашите данни и Вашите права",
        Word::Close => "Затваряне",
        Word::Optional => "по желание",
        Word::Required => "задължително",
        Word::Why => "Защо питаме:",
        Word::ChooseOne => "Изберете",
        Word::PurposesTitle => "Само ако желаете",
        Word::PurposesHint => {
            "Нищо не е отметнато вместо Вас. Можете да оставите всички полета празни и пак да изпратите формуляра."
        }
        Word::OtherPurposesTitle => "Какво се случва, когато изпратите формуляра",
        Word::Details => "Подробности",
        Word::BasisLabel => "Правно основание",
        Word::BasisConsent => "Вашето съгласие (чл. 6, параграф 1, буква а) от ОРЗД)",
        Word::BasisContract => {
            "договор с Вас или стъпки преди сключването му, предприети по Ваше искане (чл. 6, параграф 1, буква б) от ОРЗД)"
        }
        Word::BasisLegalObligation => "законово задължение (чл. 6, параграф 1, буква в) от ОРЗД)",
        Word::BasisVitalInterests => "жизненоважни интереси (чл. 6, параграф 1, буква г) от ОРЗД)",
        Word::BasisPublicTask => "задача от обществен интерес (чл. 6, параграф 1, буква д) от ОРЗД)",
        Word::BasisLegitimateInterests => {
            "легитимни интереси (чл. 6, параграф 1, буква е) от ОРЗД); имате право да възразите"
        }
        Word::InterestLabel => "Интересът",
        Word::RetentionLabel => "Срок на съхранение",
        Word::RecipientsLabel => "Получават ги и",
        Word::RecipientsNone => "никой друг",
        Word::TransfersLabel => "Извън ЕС/ЕИП",
        Word::TransfersNone => "остават в ЕС/ЕИП",
        Word::UsesLabel => "Използва",
        Word::ConfirmByMail => "Ще Ви изпратим имейл за потвърждение; съгласието важи едва след като го потвърдите.",
        Word::ExplicitConsent => {
            "Става дума за специална категория данни (чл. 9 от ОРЗД). Като отметнете полето, давате изричното си съгласие."
        }
        Word::WithdrawHint => {
            "Можете да оттеглите всяко съгласие по всяко време, също толкова лесно, колкото го давате."
        }
        Word::AddressLabel => "Адрес",
        Word::ContactLabel => "За връзка",
        Word::DpoLabel => "Длъжностно лице по защита на данните",
        Word::RightsTitle => "Вашите права",
        Word::RightsText => {
            "Имате право на достъп до данните си и на копие от тях, право да поискате коригиране, изтриване, ограничаване на обработването или пренасянето им в широко използван формат, както и право да възразите срещу обработване, което се основава на легитимни интереси или на задача от обществен интерес; срещу директния маркетинг – по всяко време и без да посочвате причини (чл. 15–22 от ОРЗД)."
        }
        Word::ComplainText => "Имате право да подадете жалба до надзорен орган (чл. 77 от ОРЗД), например: {authority}",
        Word::RequiredTitle => "Длъжни ли сте да предоставите тези данни?",
        Word::AutomatedTitle => "Автоматизирано вземане на решения",
        Word::HiddenTitle => "Изпраща се заедно с формуляра",
        Word::HiddenCampaign => "{label}: частта „{name}“ от адреса на тази страница, ако я има",
        Word::HiddenFixed => "{label}: „{value}“",
        Word::PolicyLink => "Политика за поверителност",
        Word::Next => "Напред",
        Word::Back => "Назад",
        Word::StepOf => "Стъпка {step} от {steps}",
        Word::Sending => "Изпраща се…",
        Word::TryAgain => "Нов опит",
        Word::ProblemTitle => "Има проблем",
        Word::DoneTitle => "Благодарим, получихме го",
        Word::DoneText => {
            "Вашият референтен номер е {reference}. Запазете го, ако искате да попитате за това съобщение."
        }
        Word::DoneDecisions => "Какво решихте",
        Word::Granted => "Да",
        Word::GrantedUnconfirmed => "Да, след като потвърдите по имейл",
        Word::Refused => "Не",
        Word::Withdrawn => "Оттеглено",
        Word::ErrorRequired => "{field}: моля, попълнете",
        Word::ErrorChoose => "{field}: моля, изберете",
        Word::ErrorEmail => "{field}: въведете имейл адрес, например name@example.com",
        Word::ErrorTel => "{field}: въведете телефонен номер, например +359 2 123 4567",
        Word::ErrorUrl => "{field}: въведете уеб адрес, например https://example.com",
        Word::ErrorNumber => "{field}: въведете число, например 12 или 3,5",
        Word::ErrorDate => "{field}: въведете съществуваща дата",
        Word::ErrorPattern => "{field}: не е в очаквания вид. {help}",
        Word::ErrorMinLength => "{field}: въведете поне {limit} знака",
        Word::ErrorMaxLength => "{field}: въведете най-много {limit} знака (сега са {length})",
        Word::ErrorMin => "{field}: не може да е под {limit}",
        Word::ErrorMax => "{field}: не може да е над {limit}",
        Word::ErrorOption => "{field}: изберете от списъка",
        Word::ErrorCharacters => "{field}: съдържа знаци, които не могат да бъдат прочетени",
        Word::ProblemOffline => {
            "Връзката прекъсна и не знаем дали съобщението Ви е пристигнало. Нищо от написаното не е загубено. Опитайте отново; няма да бъде изпратено два пъти."
        }
        Word::ProblemUnavailable => {
            "В момента съобщението Ви не може да бъде записано. Нищо от написаното не е загубено. Моля, опитайте отново след малко."
        }
        Word::ProblemRateLimited => {
            "От Вашата връзка дойдоха твърде много съобщения. Нищо от написаното не е загубено. Моля, опитайте отново след {seconds} секунди."
        }
        Word::ProblemTooLarge => "Съобщението е твърде дълго, за да бъде изпратено. Моля, съкратете го.",
        Word::ProblemChanged => {
            "Текстът на този формуляр е променен. Написаното от Вас е запазено; моля, прочетете формуляра отново, отметнете каквото желаете и го изпратете."
        }
        Word::ProblemOrigin => {
            "Този формуляр не може да бъде изпратен от този сайт. Собственикът на сайта трябва да поправи настройките му."
        }
        Word::ProblemAlreadySubmitted => {
            "Този формуляр вече беше изпратен с друго съдържание. Първото съобщение е пристигнало."
        }
        Word::ProblemTicket => {
            "Страницата беше отворена твърде дълго. Нищо от написаното не е загубено; моля, изпратете формуляра отново."
        }
        Word::ProblemInternal => "Възникна грешка при нас. Нищо от написаното не е загубено. Моля, опитайте отново.",
        Word::ProblemSendAgain => "Моля, прегледайте формуляра още веднъж и го изпратете.",
        Word::TrapLabel => "Оставете това поле празно",
    }
}
