//! The countries' names, in the order of each language's alphabet.

use std::cmp::Ordering;

use crate::id::Language;

/// The name of a country in `language`, in English where we have no other.
pub(crate) fn name(language: &Language, code: &str) -> Option<&'static str> {
    TABLE.iter().find(|row| row.0 == code).map(|row| in_language(language, row))
}

/// The code of a country by its name in one of our languages.
pub(crate) fn code(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let called = |row: &&Row| [row.1, row.2, row.3].iter().any(|own| own.to_lowercase() == name);
    TABLE.iter().find(called).map(|row| row.0)
}

/// Every country's code and name, in the order of the language's alphabet.
pub(crate) fn sorted(language: &Language) -> Vec<(&'static str, &'static str)> {
    let mut list: Vec<_> = TABLE.iter().map(|row| (row.0, in_language(language, row))).collect();
    list.sort_by(|a, b| compare(a.1, b.1));
    list
}

fn in_language(language: &Language, row: &Row) -> &'static str {
    match language.primary() {
        "bg" => row.2,
        "ar" => row.3,
        _ => row.1,
    }
}

/// By letters first, as a dictionary does: accents, spaces and punctuation decide only between equals. Enough for
/// the three alphabets of the table, whose basic letters stand in Unicode in the order of the alphabet.
fn compare(a: &str, b: &str) -> Ordering {
    a.chars().filter_map(letter).cmp(b.chars().filter_map(letter)).then_with(|| a.cmp(b))
}

/// The basic letter that `c` is sorted as; none for what is passed over.
fn letter(c: char) -> Option<char> {
    let basic = match c {
        'Å' | 'ã' => 'a',
        'ç' => 'c',
        'é' => 'e',
        'í' => 'i',
        'ô' => 'o',
        'ü' => 'u',
        // Alef with hamza or madda, teh marbuta, alef maksura, and the seats of hamza.
        'أ' | 'إ' | 'آ' => 'ا',
        'ة' => 'ت',
        'ى' | 'ئ' => 'ي',
        'ؤ' => 'و',
        other => other.to_lowercase().next().unwrap_or(other),
    };
    // A vowel sign such as the damma of Oman's name is no letter.
    basic.is_alphabetic().then_some(basic).filter(|c| !('\u{64b}'..='\u{652}').contains(c))
}

/// Code (ISO 3166-1 alpha-2, and Kosovo's `XK`), English, Bulgarian, Arabic.
type Row = (&'static str, &'static str, &'static str, &'static str);

const TABLE: [Row; 250] = [
    ("AD", "Andorra", "Андора", "أندورا"),
    ("AE", "United Arab Emirates", "Обединени арабски емирства", "الإمارات العربية المتحدة"),
    ("AF", "Afghanistan", "Афганистан", "أفغانستان"),
    ("AG", "Antigua and Barbuda", "Антигуа и Барбуда", "أنتيغوا وبربودا"),
    ("AI", "Anguilla", "Ангуила", "أنغويلا"),
    ("AL", "Albania", "Албания", "ألبانيا"),
    ("AM", "Armenia", "Армения", "أرمينيا"),
    ("AO", "Angola", "Ангола", "أنغولا"),
    ("AQ", "Antarctica", "Антарктика", "أنتاركتيكا"),
    ("AR", "Argentina", "Аржентина", "الأرجنتين"),
    ("AS", "American Samoa", "Американска Самоа", "ساموا الأمريكية"),
    ("AT", "Austria", "Австрия", "النمسا"),
    ("AU", "Australia", "Австралия", "أستراليا"),
    ("AW", "Aruba", "Аруба", "أروبا"),
    ("AX", "Åland Islands", "Оландски острови", "جزر آلاند"),
    ("AZ", "Azerbaijan", "Азербайджан", "أذربيجان"),
    ("BA", "Bosnia and Herzegovina", "Босна и Херцеговина", "البوسنة والهرسك"),
    ("BB", "Barbados", "Барбадос", "بربادوس"),
    ("BD", "Bangladesh", "Бангладеш", "بنغلاديش"),
    ("BE", "Belgium", "Белгия", "بلجيكا"),
    ("BF", "Burkina Faso", "Буркина Фасо", "بوركينا فاسو"),
    ("BG", "Bulgaria", "България", "بلغاريا"),
    ("BH", "Bahrain", "Бахрейн", "البحرين"),
    ("BI", "Burundi", "Бурунди", "بوروندي"),
    ("BJ", "Benin", "Бенин", "بنين"),
    ("BL", "Saint Barthélemy", "Сен Бартелеми", "سان بارتليمي"),
    ("BM", "Bermuda", "Бермуди", "برمودا"),
    ("BN", "Brunei", "Бруней", "بروناي"),
    ("BO", "Bolivia", "Боливия", "بوليفيا"),
    ("BQ", "Caribbean Netherlands", "Карибска Нидерландия", "هولندا الكاريبية"),
    ("BR", "Brazil", "Бразилия", "البرازيل"),
    ("BS", "Bahamas", "Бахамски острови", "جزر البهاما"),
    ("BT", "Bhutan", "Бутан", "بوتان"),
    ("BV", "Bouvet Island", "Остров Буве", "جزيرة بوفيه"),
    ("BW", "Botswana", "Ботсвана", "بوتسوانا"),
    ("BY", "Belarus", "Беларус", "بيلاروسيا"),
    ("BZ", "Belize", "Белиз", "بليز"),
    ("CA", "Canada", "Канада", "كندا"),
    ("CC", "Cocos (Keeling) Islands", "Кокосови острови", "جزر كوكوس"),
    ("CD", "Congo, Democratic Republic", "Конго, Демократична република", "الكونغو الديمقراطية"),
    ("CF", "Central African Republic", "Централноафриканска република", "جمهورية أفريقيا الوسطى"),
    ("CG", "Congo, Republic", "Конго, Република", "الكونغو"),
    ("CH", "Switzerland", "Швейцария", "سويسرا"),
    ("CI", "Côte d’Ivoire", "Кот д’Ивоар", "كوت ديفوار"),
    ("CK", "Cook Islands", "Острови Кук", "جزر كوك"),
    ("CL", "Chile", "Чили", "تشيلي"),
    ("CM", "Cameroon", "Камерун", "الكاميرون"),
    ("CN", "China", "Китай", "الصين"),
    ("CO", "Colombia", "Колумбия", "كولومبيا"),
    ("CR", "Costa Rica", "Коста Рика", "كوستاريكا"),
    ("CU", "Cuba", "Куба", "كوبا"),
    ("CV", "Cabo Verde", "Кабо Верде", "الرأس الأخضر"),
    ("CW", "Curaçao", "Кюрасао", "كوراساو"),
    ("CX", "Christmas Island", "Остров Рождество", "جزيرة كريسماس"),
    ("CY", "Cyprus", "Кипър", "قبرص"),
    ("CZ", "Czechia", "Чехия", "التشيك"),
    ("DE", "Germany", "Германия", "ألمانيا"),
    ("DJ", "Djibouti", "Джибути", "جيبوتي"),
    ("DK", "Denmark", "Дания", "الدنمارك"),
    ("DM", "Dominica", "Доминика", "دومينيكا"),
    ("DO", "Dominican Republic", "Доминиканска република", "جمهورية الدومينيكان"),
    ("DZ", "Algeria", "Алжир", "الجزائر"),
    ("EC", "Ecuador", "Еквадор", "الإكوادور"),
    ("EE", "Estonia", "Естония", "إستونيا"),
    ("EG", "Egypt", "Египет", "مصر"),
    ("EH", "Western Sahara", "Западна Сахара", "الصحراء الغربية"),
    ("ER", "Eritrea", "Еритрея", "إريتريا"),
    ("ES", "Spain", "Испания", "إسبانيا"),
    ("ET", "Ethiopia", "Етиопия", "إثيوبيا"),
    ("FI", "Finland", "Финландия", "فنلندا"),
    ("FJ", "Fiji", "Фиджи", "فيجي"),
    ("FK", "Falkland Islands", "Фолклендски острови", "جزر فوكلاند"),
    ("FM", "Micronesia", "Микронезия", "ميكرونيزيا"),
    ("FO", "Faroe Islands", "Фарьорски острови", "جزر فارو"),
    ("FR", "France", "Франция", "فرنسا"),
    ("GA", "Gabon", "Габон", "الغابون"),
    ("GB", "United Kingdom", "Обединено кралство", "المملكة المتحدة"),
    ("GD", "Grenada", "Гренада", "غرينادا"),
    ("GE", "Georgia", "Грузия", "جورجيا"),
    ("GF", "French Guiana", "Френска Гвиана", "غويانا الفرنسية"),
    ("GG", "Guernsey", "Гърнзи", "غيرنزي"),
    ("GH", "Ghana", "Гана", "غانا"),
    ("GI", "Gibraltar", "Гибралтар", "جبل طارق"),
    ("GL", "Greenland", "Гренландия", "غرينلاند"),
    ("GM", "Gambia", "Гамбия", "غامبيا"),
    ("GN", "Guinea", "Гвинея", "غينيا"),
    ("GP", "Guadeloupe", "Гваделупа", "غوادلوب"),
    ("GQ", "Equatorial Guinea", "Екваториална Гвинея", "غينيا الاستوائية"),
    ("GR", "Greece", "Гърция", "اليونان"),
    (
        "GS",
        "South Georgia and the South Sandwich Islands",
        "Южна Джорджия и Южни Сандвичеви острови",
        "جورجيا الجنوبية وجزر ساندويتش الجنوبية",
    ),
    ("GT", "Guatemala", "Гватемала", "غواتيمالا"),
    ("GU", "Guam", "Гуам", "غوام"),
    ("GW", "Guinea-Bissau", "Гвинея-Бисау", "غينيا بيساو"),
    ("GY", "Guyana", "Гаяна", "غيانا"),
    ("HK", "Hong Kong", "Хонконг", "هونغ كونغ"),
    ("HM", "Heard Island and McDonald Islands", "Острови Хърд и Макдоналд", "جزيرة هيرد وجزر ماكدونالد"),
    ("HN", "Honduras", "Хондурас", "هندوراس"),
    ("HR", "Croatia", "Хърватия", "كرواتيا"),
    ("HT", "Haiti", "Хаити", "هايتي"),
    ("HU", "Hungary", "Унгария", "المجر"),
    ("ID", "Indonesia", "Индонезия", "إندونيسيا"),
    ("IE", "Ireland", "Ирландия", "أيرلندا"),
    ("IL", "Israel", "Израел", "إسرائيل"),
    ("IM", "Isle of Man", "Остров Ман", "جزيرة مان"),
    ("IN", "India", "Индия", "الهند"),
    ("IO", "British Indian Ocean Territory", "Британска територия в Индийския океан", "إقليم المحيط الهندي البريطاني"),
    ("IQ", "Iraq", "Ирак", "العراق"),
    ("IR", "Iran", "Иран", "إيران"),
    ("IS", "Iceland", "Исландия", "آيسلندا"),
    ("IT", "Italy", "Италия", "إيطاليا"),
    ("JE", "Jersey", "Джърси", "جيرزي"),
    ("JM", "Jamaica", "Ямайка", "جامايكا"),
    ("JO", "Jordan", "Йордания", "الأردن"),
    ("JP", "Japan", "Япония", "اليابان"),
    ("KE", "Kenya", "Кения", "كينيا"),
    ("KG", "Kyrgyzstan", "Киргизстан", "قيرغيزستان"),
    ("KH", "Cambodia", "Камбоджа", "كمبوديا"),
    ("KI", "Kiribati", "Кирибати", "كيريباتي"),
    ("KM", "Comoros", "Коморски острови", "جزر القمر"),
    ("KN", "Saint Kitts and Nevis", "Сейнт Китс и Невис", "سانت كيتس ونيفيس"),
    ("KP", "North Korea", "Северна Корея", "كوريا الشمالية"),
    ("KR", "South Korea", "Южна Корея", "كوريا الجنوبية"),
    ("KW", "Kuwait", "Кувейт", "الكويت"),
    ("KY", "Cayman Islands", "Кайманови острови", "جزر كايمان"),
    ("KZ", "Kazakhstan", "Казахстан", "كازاخستان"),
    ("LA", "Laos", "Лаос", "لاوس"),
    ("LB", "Lebanon", "Ливан", "لبنان"),
    ("LC", "Saint Lucia", "Сейнт Лусия", "سانت لوسيا"),
    ("LI", "Liechtenstein", "Лихтенщайн", "ليختنشتاين"),
    ("LK", "Sri Lanka", "Шри Ланка", "سريلانكا"),
    ("LR", "Liberia", "Либерия", "ليبيريا"),
    ("LS", "Lesotho", "Лесото", "ليسوتو"),
    ("LT", "Lithuania", "Литва", "ليتوانيا"),
    ("LU", "Luxembourg", "Люксембург", "لوكسمبورغ"),
    ("LV", "Latvia", "Латвия", "لاتفيا"),
    ("LY", "Libya", "Либия", "ليبيا"),
    ("MA", "Morocco", "Мароко", "المغرب"),
    ("MC", "Monaco", "Монако", "موناكو"),
    ("MD", "Moldova", "Молдова", "مولدوفا"),
    ("ME", "Montenegro", "Черна гора", "الجبل الأسود"),
    ("MF", "Saint Martin (French part)", "Сен Мартен (френска част)", "سان مارتن (الجزء الفرنسي)"),
    ("MG", "Madagascar", "Мадагаскар", "مدغشقر"),
    ("MH", "Marshall Islands", "Маршалови острови", "جزر مارشال"),
    ("MK", "North Macedonia", "Северна Македония", "مقدونيا الشمالية"),
    ("ML", "Mali", "Мали", "مالي"),
    ("MM", "Myanmar", "Мианмар", "ميانمار"),
    ("MN", "Mongolia", "Монголия", "منغوليا"),
    ("MO", "Macao", "Макао", "ماكاو"),
    ("MP", "Northern Mariana Islands", "Северни Мариански острови", "جزر ماريانا الشمالية"),
    ("MQ", "Martinique", "Мартиника", "مارتينيك"),
    ("MR", "Mauritania", "Мавритания", "موريتانيا"),
    ("MS", "Montserrat", "Монсерат", "مونتسيرات"),
    ("MT", "Malta", "Малта", "مالطا"),
    ("MU", "Mauritius", "Мавриций", "موريشيوس"),
    ("MV", "Maldives", "Малдиви", "جزر المالديف"),
    ("MW", "Malawi", "Малави", "ملاوي"),
    ("MX", "Mexico", "Мексико", "المكسيك"),
    ("MY", "Malaysia", "Малайзия", "ماليزيا"),
    ("MZ", "Mozambique", "Мозамбик", "موزمبيق"),
    ("NA", "Namibia", "Намибия", "ناميبيا"),
    ("NC", "New Caledonia", "Нова Каледония", "كاليدونيا الجديدة"),
    ("NE", "Niger", "Нигер", "النيجر"),
    ("NF", "Norfolk Island", "Остров Норфолк", "جزيرة نورفولك"),
    ("NG", "Nigeria", "Нигерия", "نيجيريا"),
    ("NI", "Nicaragua", "Никарагуа", "نيكاراغوا"),
    ("NL", "Netherlands", "Нидерландия", "هولندا"),
    ("NO", "Norway", "Норвегия", "النرويج"),
    ("NP", "Nepal", "Непал", "نيبال"),
    ("NR", "Nauru", "Науру", "ناورو"),
    ("NU", "Niue", "Ниуе", "نيوي"),
    ("NZ", "New Zealand", "Нова Зеландия", "نيوزيلندا"),
    ("OM", "Oman", "Оман", "عُمان"),
    ("PA", "Panama", "Панама", "بنما"),
    ("PE", "Peru", "Перу", "بيرو"),
    ("PF", "French Polynesia", "Френска Полинезия", "بولينيزيا الفرنسية"),
    ("PG", "Papua New Guinea", "Папуа Нова Гвинея", "بابوا غينيا الجديدة"),
    ("PH", "Philippines", "Филипини", "الفلبين"),
    ("PK", "Pakistan", "Пакистан", "باكستان"),
    ("PL", "Poland", "Полша", "بولندا"),
    ("PM", "Saint Pierre and Miquelon", "Сен Пиер и Микелон", "سان بيير وميكلون"),
    ("PN", "Pitcairn Islands", "Острови Питкерн", "جزر بيتكيرن"),
    ("PR", "Puerto Rico", "Пуерто Рико", "بورتوريكو"),
    ("PS", "Palestine", "Палестина", "فلسطين"),
    ("PT", "Portugal", "Португалия", "البرتغال"),
    ("PW", "Palau", "Палау", "بالاو"),
    ("PY", "Paraguay", "Парагвай", "باراغواي"),
    ("QA", "Qatar", "Катар", "قطر"),
    ("RE", "Réunion", "Реюнион", "ريونيون"),
    ("RO", "Romania", "Румъния", "رومانيا"),
    ("RS", "Serbia", "Сърбия", "صربيا"),
    ("RU", "Russia", "Русия", "روسيا"),
    ("RW", "Rwanda", "Руанда", "رواندا"),
    ("SA", "Saudi Arabia", "Саудитска Арабия", "السعودية"),
    ("SB", "Solomon Islands", "Соломонови острови", "جزر سليمان"),
    ("SC", "Seychelles", "Сейшели", "سيشل"),
    ("SD", "Sudan", "Судан", "السودان"),
    ("SE", "Sweden", "Швеция", "السويد"),
    ("SG", "Singapore", "Сингапур", "سنغافورة"),
    (
        "SH",
        "Saint Helena, Ascension and Tristan da Cunha",
        "Света Елена, Възнесение и Тристан да Куня",
        "سانت هيلينا وأسنسيون وتريستان دا كونا",
    ),
    ("SI", "Slovenia", "Словения", "سلوفينيا"),
    ("SJ", "Svalbard and Jan Mayen", "Свалбард и Ян Майен", "سفالبارد ويان ماين"),
    ("SK", "Slovakia", "Словакия", "سلوفاكيا"),
    ("SL", "Sierra Leone", "Сиера Леоне", "سيراليون"),
    ("SM", "San Marino", "Сан Марино", "سان مارينو"),
    ("SN", "Senegal", "Сенегал", "السنغال"),
    ("SO", "Somalia", "Сомалия", "الصومال"),
    ("SR", "Suriname", "Суринам", "سورينام"),
    ("SS", "South Sudan", "Южен Судан", "جنوب السودان"),
    ("ST", "São Tomé and Príncipe", "Сао Томе и Принсипи", "ساو تومي وبرينسيبي"),
    ("SV", "El Salvador", "Салвадор", "السلفادور"),
    ("SX", "Sint Maarten (Dutch part)", "Синт Мартен (нидерландска част)", "سينت مارتن (الجزء الهولندي)"),
    ("SY", "Syria", "Сирия", "سوريا"),
    ("SZ", "Eswatini", "Есватини", "إسواتيني"),
    ("TC", "Turks and Caicos Islands", "Острови Търкс и Кайкос", "جزر توركس وكايكوس"),
    ("TD", "Chad", "Чад", "تشاد"),
    ("TF", "French Southern Territories", "Френски южни територии", "الأقاليم الجنوبية الفرنسية"),
    ("TG", "Togo", "Того", "توغو"),
    ("TH", "Thailand", "Тайланд", "تايلاند"),
    ("TJ", "Tajikistan", "Таджикистан", "طاجيكستان"),
    ("TK", "Tokelau", "Токелау", "توكيلاو"),
    ("TL", "Timor-Leste", "Източен Тимор", "تيمور الشرقية"),
    ("TM", "Turkmenistan", "Туркменистан", "تركمانستان"),
    ("TN", "Tunisia", "Тунис", "تونس"),
    ("TO", "Tonga", "Тонга", "تونغا"),
    ("TR", "Türkiye", "Турция", "تركيا"),
    ("TT", "Trinidad and Tobago", "Тринидад и Тобаго", "ترينيداد وتوباغو"),
    ("TV", "Tuvalu", "Тувалу", "توفالو"),
    ("TW", "Taiwan", "Тайван", "تايوان"),
    ("TZ", "Tanzania", "Танзания", "تنزانيا"),
    ("UA", "Ukraine", "Украйна", "أوكرانيا"),
    ("UG", "Uganda", "Уганда", "أوغندا"),
    ("UM", "United States Minor Outlying Islands", "Малки отдалечени острови на САЩ", "جزر الولايات المتحدة النائية"),
    ("US", "United States", "Съединени щати", "الولايات المتحدة"),
    ("UY", "Uruguay", "Уругвай", "أوروغواي"),
    ("UZ", "Uzbekistan", "Узбекистан", "أوزبكستان"),
    ("VA", "Vatican City", "Ватикан", "الفاتيكان"),
    ("VC", "Saint Vincent and the Grenadines", "Сейнт Винсент и Гренадини", "سانت فنسنت وجزر غرينادين"),
    ("VE", "Venezuela", "Венецуела", "فنزويلا"),
    ("VG", "British Virgin Islands", "Британски Вирджински острови", "جزر العذراء البريطانية"),
    ("VI", "United States Virgin Islands", "Американски Вирджински острови", "جزر العذراء الأمريكية"),
    ("VN", "Vietnam", "Виетнам", "فيتنام"),
    ("VU", "Vanuatu", "Вануату", "فانواتو"),
    ("WF", "Wallis and Futuna", "Уолис и Футуна", "واليس وفوتونا"),
    ("WS", "Samoa", "Самоа", "ساموا"),
    ("XK", "Kosovo", "Косово", "كوسوفو"),
    ("YE", "Yemen", "Йемен", "اليمن"),
    ("YT", "Mayotte", "Майот", "مايوت"),
    ("ZA", "South Africa", "Южна Африка", "جنوب أفريقيا"),
    ("ZM", "Zambia", "Замбия", "زامبيا"),
    ("ZW", "Zimbabwe", "Зимбабве", "زيمبابوي"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::shape::COUNTRIES;

    fn language(tag: &str) -> Language {
        Language::parse(tag).unwrap()
    }

    fn at(tag: &str, code: &str) -> usize {
        sorted(&language(tag)).iter().position(|row| row.0 == code).unwrap()
    }

    #[test]
    fn the_table_names_exactly_the_countries_that_are_accepted() {
        let codes: String = TABLE.iter().map(|row| row.0).collect();
        assert_eq!(codes, COUNTRIES);
    }

    #[test]
    fn no_two_countries_of_a_language_share_a_name() {
        for tag in ["en", "bg", "ar"] {
            let mut names: Vec<_> = sorted(&language(tag)).into_iter().map(|row| row.1).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), TABLE.len(), "{tag}");
            assert!(names.iter().all(|name| !name.is_empty() && name.trim() == *name), "{tag}");
        }
    }

    #[test]
    fn names_stand_in_the_order_of_the_alphabet() {
        // Afghanistan, Åland, Albania: the ring does not send it behind Zimbabwe.
        assert!(at("en", "AF") < at("en", "AX") && at("en", "AX") < at("en", "AL"));
        assert!(at("bg", "AU") < at("bg", "BG") && at("bg", "BG") < at("bg", "JM"));
        // Hamza does not part alefs: Iceland, Estonia, Uganda and Italy stay among them.
        assert!(at("ar", "IS") < at("ar", "BG") && at("ar", "IT") < at("ar", "BG") && at("ar", "BG") < at("ar", "ZW"));
        assert!(at("ar", "OM") < at("ar", "GH"), "the damma of Oman is no letter");
    }

    #[test]
    fn a_language_without_names_of_its_own_has_the_english_ones() {
        assert_eq!(name(&language("de"), "BG"), Some("Bulgaria"));
        assert_eq!(name(&language("ar-EG"), "BG"), Some("بلغاريا"));
        assert_eq!(name(&language("en"), "ZZ"), None);
    }
}
