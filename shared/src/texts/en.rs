//! English.

use super::Word;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn text(word: Word) -> &'static str {
    match word {
        Word::Responsible => "Who receives your data",
        Word::NoticeOpen => "Everything about your data and your rights",
        Word::NoticeTitle => "Your data and your rights",
        Word::Close => "Close",
        Word::Optional => "optional",
        Word::Required => "required",
        Word::Why => "Why we ask:",
        Word::ChooseOne => "Choose one",
        Word::PurposesTitle => "Only if you want",
        Word::PurposesHint => "Nothing is ticked for you. You can leave every box empty and still send the form.",
        Word::OtherPurposesTitle => "What happens when you send this form",
        Word::Details => "Details",
        Word::BasisLabel => "Legal basis",
        Word::BasisConsent => "your consent (Art. 6(1)(a) GDPR)",
        Word::BasisContract => "a contract with you, or steps you asked for before one (Art. 6(1)(b) GDPR)",
        Word::BasisLegalObligation => "a legal obligation (Art. 6(1)(c) GDPR)",
        Word::BasisVitalInterests => "vital interests (Art. 6(1)(d) GDPR)",
        Word::BasisPublicTask => "a task in the public interest (Art. 6(1)(e) GDPR)",
        Word::BasisLegitimateInterests => "legitimate interests (Art. 6(1)(f) GDPR); you can object",
        Word::InterestLabel => "The interest",
        Word::RetentionLabel => "Kept for",
        Word::RecipientsLabel => "Also received by",
        Word::RecipientsNone => "nobody else",
        Word::TransfersLabel => "Outside the EU/EEA",
        Word::TransfersNone => "no",
        Word::UsesLabel => "Uses",
        Word::ConfirmByMail => "We will send you a mail to confirm this; it counts only once you have confirmed.",
        Word::ExplicitConsent => {
            "This concerns especially protected data (Art. 9 GDPR). Ticking the box is your explicit consent."
        }
        Word::WithdrawHint => "You can take any consent back at any time, as easily as you give it.",
        Word::AddressLabel => "Address",
        Word::ContactLabel => "Contact",
        Word::DpoLabel => "Data protection officer",
        Word::RightsTitle => "Your rights",
        Word::RightsText => {
            "You may ask to see your data and get a copy, have them corrected, erased, restricted or handed over in a common format, and object to uses that rest on legitimate interests or a public task; against direct marketing at any time, without giving reasons (Arts 15 to 22 GDPR)."
        }
        Word::ComplainText => "You may complain to a supervisory authority (Art. 77 GDPR), for example: {authority}",
        Word::RequiredTitle => "Do I have to give these data?",
        Word::AutomatedTitle => "Automated decisions",
        Word::HiddenTitle => "Sent along with the form",
        Word::HiddenCampaign => "{label}: the part “{name}” of this page's address, where it is there",
        Word::HiddenFixed => "{label}: “{value}”",
        Word::PolicyLink => "Privacy policy",
        Word::Next => "Continue",
        Word::Back => "Back",
        Word::StepOf => "Step {step} of {steps}",
        Word::Sending => "Sending…",
        Word::TryAgain => "Try again",
        Word::ProblemTitle => "There is a problem",
        Word::DoneTitle => "Thank you, it has arrived",
        Word::DoneText => "Your reference is {reference}. Keep it if you want to ask about this message.",
        Word::DoneDecisions => "What you decided",
        Word::PreferencesLink => "See or take back what you decided",
        Word::PreferencesHint => {
            "Keep this link, printed or saved: it opens without a password, so share it with nobody."
        }
        Word::ReceiptLink => "Keep a receipt",
        Word::ReceiptHint => "A small file with which anyone can check what you decided. It is personal.",
        Word::Granted => "Yes",
        Word::GrantedUnconfirmed => "Yes, once you confirm it by mail",
        Word::Refused => "No",
        Word::Withdrawn => "Taken back",
        Word::ErrorRequired => "{field}: please fill this in",
        Word::ErrorChoose => "{field}: please choose",
        Word::ErrorEmail => "{field}: enter a mail address like name@example.com",
        Word::ErrorTel => "{field}: enter a telephone number like +359 2 123 4567",
        Word::ErrorUrl => "{field}: enter a web address like https://example.com",
        Word::ErrorNumber => "{field}: enter a number, like 12 or 3.5",
        Word::ErrorDate => "{field}: enter a day that exists",
        Word::ErrorPattern => "{field}: this does not have the expected form. {help}",
        Word::ErrorMinLength => "{field}: enter at least {limit} characters",
        Word::ErrorMaxLength => "{field}: enter at most {limit} characters (now {length})",
        Word::ErrorMin => "{field}: this must not be below {limit}",
        Word::ErrorMax => "{field}: this must not be above {limit}",
        Word::ErrorOption => "{field}: choose from the list",
        Word::ErrorCharacters => "{field}: this holds characters that cannot be read",
        Word::ProblemOffline => {
            "The connection was lost and we do not know whether your message arrived. Nothing you typed is lost. Try again; it will not be sent twice."
        }
        Word::ProblemUnavailable => {
            "Your message cannot be stored right now. Nothing you typed is lost. Please try again in a moment."
        }
        Word::ProblemRateLimited => {
            "Too many messages came from your connection. Nothing you typed is lost. Please try again in {seconds} seconds."
        }
        Word::ProblemTooLarge => "Your message is too long to be sent. Please shorten it.",
        Word::ProblemChanged => {
            "The text of this form has changed. What you typed is still there; please read the form again, tick what you want and send it."
        }
        Word::ProblemOrigin => {
            "This form cannot be sent from this website. The website's owner needs to correct its settings."
        }
        Word::ProblemAlreadySubmitted => {
            "This form was sent before, with other content. The first message has arrived."
        }
        Word::ProblemTicket => {
            "This page was open for too long. Nothing you typed is lost; please send the form again."
        }
        Word::ProblemInternal => "Something went wrong on our side. Nothing you typed is lost. Please try again.",
        Word::ProblemSendAgain => "Please look at the form once more and send it.",
        Word::MissingTitle => "There is no form at this address",
        Word::MissingText => {
            "Please go back to the website you came from. Its owner may have moved or closed the form."
        }
        Word::TrapLabel => "Leave this field empty",
    }
}
