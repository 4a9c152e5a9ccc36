//! Arabic, in the terms under which Regulation (EU) 2016/679 is known there (اللائحة العامة لحماية البيانات).

use super::Word;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn text(word: Word) -> &'static str {
    match word {
        Word::Responsible => "من يتلقى بياناتك",
        Word::NoticeOpen => "كل ما يخص بياناتك وحقوقك",
        Word::NoticeTitle => "بياناتك وحقوقك",
        Word::Close => "إغلاق",
        Word::Optional => "اختياري",
        Word::Required => "مطلوب",
        Word::Why => "لماذا نسأل:",
        Word::ChooseOne => "اختر من القائمة",
        Word::PurposesTitle => "فقط إذا رغبت",
        Word::PurposesHint => "لم نحدد أي خانة نيابةً عنك. يمكنك ترك جميع الخانات فارغة وإرسال النموذج مع ذلك.",
        Word::OtherPurposesTitle => "ماذا يحدث عند إرسال هذا النموذج",
        Word::Details => "التفاصيل",
        Word::BasisLabel => "الأساس القانوني",
        Word::BasisConsent => "موافقتك (المادة 6(1)(أ) من اللائحة العامة لحماية البيانات)",
        Word::BasisContract => {
            "عقد معك، أو خطوات تسبق التعاقد بناءً على طلبك (المادة 6(1)(ب) من اللائحة العامة لحماية البيانات)"
        }
        Word::BasisLegalObligation => "التزام قانوني (المادة 6(1)(ج) من اللائحة العامة لحماية البيانات)",
        Word::BasisVitalInterests => "مصالح حيوية (المادة 6(1)(د) من اللائحة العامة لحماية البيانات)",
        Word::BasisPublicTask => "مهمة للمصلحة العامة (المادة 6(1)(هـ) من اللائحة العامة لحماية البيانات)",
        Word::BasisLegitimateInterests => {
            "مصالح مشروعة (المادة 6(1)(و) من اللائحة العامة لحماية البيانات)؛ ويحق لك الاعتراض"
        }
        Word::InterestLabel => "المصلحة",
        Word::RetentionLabel => "مدة الاحتفاظ",
        Word::RecipientsLabel => "يتلقاها أيضًا",
        Word::RecipientsNone => "لا أحد غير ذلك",
        Word::TransfersLabel => "خارج الاتحاد الأوروبي والمنطقة الاقتصادية الأوروبية",
        Word::TransfersNone | Word::Refused => "لا",
        Word::UsesLabel => "يستخدم",
        Word::ConfirmByMail => "سنرسل إليك رسالة بريد إلكتروني للتأكيد؛ ولا تسري الموافقة إلا بعد أن تؤكدها.",
        Word::ExplicitConsent => {
            "يتعلق هذا بفئة خاصة من البيانات (المادة 9 من اللائحة العامة لحماية البيانات). تحديد هذه الخانة هو موافقتك الصريحة."
        }
        Word::WithdrawHint => "يمكنك سحب أي موافقة في أي وقت، بالسهولة نفسها التي تمنحها بها.",
        Word::AddressLabel => "العنوان",
        Word::ContactLabel => "للتواصل",
        Word::DpoLabel => "مسؤول حماية البيانات",
        Word::RightsTitle => "حقوقك",
        Word::RightsText => {
            "يحق لك الاطلاع على بياناتك والحصول على نسخة منها، وطلب تصحيحها أو محوها أو تقييد معالجتها أو نقلها بصيغة شائعة الاستخدام، ويحق لك الاعتراض على المعالجة القائمة على المصالح المشروعة أو على مهمة للمصلحة العامة؛ أما التسويق المباشر فلك أن تعترض عليه في أي وقت ودون إبداء أسباب (المواد من 15 إلى 22 من اللائحة العامة لحماية البيانات)."
        }
        Word::ComplainText => {
            "يحق لك تقديم شكوى إلى سلطة إشرافية (المادة 77 من اللائحة العامة لحماية البيانات)، مثل: {authority}"
        }
        Word::RequiredTitle => "هل يجب عليّ تقديم هذه البيانات؟",
        Word::AutomatedTitle => "القرارات الآلية",
        Word::HiddenTitle => "ما يُرسل مع النموذج",
        Word::HiddenCampaign => "{label}: الجزء «{name}» من عنوان هذه الصفحة، إن وُجد",
        Word::HiddenFixed => "{label}: «{value}»",
        Word::PolicyLink => "سياسة الخصوصية",
        Word::Next => "متابعة",
        Word::Back => "رجوع",
        Word::StepOf => "الخطوة {step} من {steps}",
        Word::Sending => "جارٍ الإرسال…",
        Word::TryAgain => "إعادة المحاولة",
        Word::ProblemTitle => "هناك مشكلة",
        Word::DoneTitle => "شكرًا لك، لقد وصلت رسالتك",
        Word::DoneText => "رقمك المرجعي هو {reference}. احتفظ به إن أردت الاستفسار عن هذه الرسالة.",
        Word::DoneDecisions => "ما قررته",
        Word::PreferencesLink => "اطّلع على قراراتك أو اسحبها",
        Word::PreferencesHint => "احتفظ بهذا الرابط مطبوعًا أو محفوظًا: فهو يُفتح دون كلمة مرور، فلا تشاركه مع أحد.",
        Word::ReceiptLink => "الاحتفاظ بإيصال",
        Word::ReceiptHint => "ملف صغير يستطيع أي شخص أن يتحقق به مما قررته. وهو شخصي.",
        Word::Granted => "نعم",
        Word::GrantedUnconfirmed => "نعم، بعد أن تؤكد عبر البريد الإلكتروني",
        Word::Withdrawn => "سُحبت",
        Word::ErrorRequired => "{field}: يُرجى ملء هذا الحقل",
        Word::ErrorChoose => "{field}: يُرجى الاختيار",
        Word::ErrorEmail => "{field}: أدخل عنوان بريد إلكتروني مثل name@example.com",
        Word::ErrorTel => "{field}: أدخل رقم هاتف مثل \u{2066}+359 2 123 4567\u{2069}",
        Word::ErrorUrl => "{field}: أدخل عنوان موقع مثل https://example.com",
        Word::ErrorNumber => "{field}: أدخل رقمًا، مثل 12 أو 3.5",
        Word::ErrorDate => "{field}: أدخل تاريخًا موجودًا في التقويم",
        Word::ErrorPattern => "{field}: الصيغة غير مطابقة للمتوقع. {help}",
        Word::ErrorMinLength => "{field}: الحد الأدنى لعدد الأحرف هو {limit}",
        Word::ErrorMaxLength => "{field}: الحد الأقصى لعدد الأحرف هو {limit} (العدد الآن {length})",
        Word::ErrorMin => "{field}: يجب ألا تقل القيمة عن {limit}",
        Word::ErrorMax => "{field}: يجب ألا تزيد القيمة على {limit}",
        Word::ErrorOption => "{field}: اختر من القائمة",
        Word::ErrorCharacters => "{field}: يحتوي على رموز لا يمكن قراءتها",
        Word::ProblemOffline => {
            "انقطع الاتصال ولا نعلم إن كانت رسالتك قد وصلت. لم يُفقد شيء مما كتبته. حاول مرة أخرى؛ لن تُرسل مرتين."
        }
        Word::ProblemUnavailable => "لا يمكن حفظ رسالتك الآن. لم يُفقد شيء مما كتبته. يُرجى المحاولة مرة أخرى بعد قليل.",
        Word::ProblemRateLimited => {
            "وردت رسائل كثيرة جدًا من اتصالك. لم يُفقد شيء مما كتبته. يُرجى المحاولة مرة أخرى بعد {seconds} ثانية."
        }
        Word::ProblemTooLarge => "رسالتك أطول من أن تُرسل. يُرجى اختصارها.",
        Word::ProblemChanged => {
            "تغيّر نص هذا النموذج. ما كتبته ما زال موجودًا؛ يُرجى قراءة النموذج من جديد وتحديد ما تريده ثم إرساله."
        }
        Word::ProblemOrigin => "لا يمكن إرسال هذا النموذج من هذا الموقع. على صاحب الموقع تصحيح إعداداته.",
        Word::ProblemAlreadySubmitted => "سبق إرسال هذا النموذج بمحتوى آخر. وقد وصلت الرسالة الأولى.",
        Word::ProblemTicket => "بقيت هذه الصفحة مفتوحة مدة طويلة. لم يُفقد شيء مما كتبته؛ يُرجى إرسال النموذج مرة أخرى.",
        Word::ProblemInternal => "حدث خطأ من جانبنا. لم يُفقد شيء مما كتبته. يُرجى المحاولة مرة أخرى.",
        Word::ProblemSendAgain => "يُرجى مراجعة النموذج مرة أخرى ثم إرساله.",
        Word::MissingTitle => "لا يوجد نموذج في هذا العنوان",
        Word::MissingText => "يُرجى العودة إلى الموقع الذي جئت منه. ربما نقل صاحبه النموذج أو أغلقه.",
        Word::TrapLabel => "اترك هذا الحقل فارغًا",
    }
}
