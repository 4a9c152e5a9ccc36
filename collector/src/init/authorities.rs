//! The supervisory authorities of Europe (Art. 51), by the country that a postal address ends with. Germany has one
//! for each federal state, which an address does not tell.

use unticked_shared::texts::country_code;

/// Where all of the EU's and EEA's are listed, by the board that they form.
pub const LIST: &str = "https://www.edpb.europa.eu/about-edpb/about-edpb/members_en";

/// The authority for an address, where its last part is a country's name in one of our languages.
pub fn of_address(address: &str) -> Option<&'static str> {
    let last = address.rsplit([',', '\u{60c}']).next()?.trim().trim_end_matches('.');
    let code = country_code(last)?;
    TABLE.iter().find(|row| row.0 == code).map(|row| row.1)
}

const TABLE: [(&str, &str); 31] = [
    ("AT", "Österreichische Datenschutzbehörde, https://dsb.gv.at"),
    ("BE", "Autorité de protection des données, https://www.autoriteprotectiondonnees.be"),
    ("BG", "Комисия за защита на личните данни, https://cpdp.bg"),
    ("CH", "EDÖB, https://www.edoeb.admin.ch"),
    ("CY", "Office of the Commissioner for Personal Data Protection, https://www.dataprotection.gov.cy"),
    ("CZ", "Úřad pro ochranu osobních údajů, https://uoou.gov.cz"),
    ("DK", "Datatilsynet, https://www.datatilsynet.dk"),
    ("EE", "Andmekaitse Inspektsioon, https://www.aki.ee"),
    ("ES", "Agencia Española de Protección de Datos, https://www.aepd.es"),
    ("FI", "Tietosuojavaltuutetun toimisto, https://tietosuoja.fi"),
    ("FR", "CNIL, https://www.cnil.fr"),
    ("GB", "Information Commissioner's Office, https://ico.org.uk"),
    ("GR", "Αρχή Προστασίας Δεδομένων, https://www.dpa.gr"),
    ("HR", "AZOP, https://azop.hr"),
    ("HU", "NAIH, https://naih.hu"),
    ("IE", "Data Protection Commission, https://www.dataprotection.ie"),
    ("IS", "Persónuvernd, https://www.personuvernd.is"),
    ("IT", "Garante per la protezione dei dati personali, https://www.garanteprivacy.it"),
    ("LI", "Datenschutzstelle, https://www.datenschutzstelle.li"),
    ("LT", "Valstybinė duomenų apsaugos inspekcija, https://vdai.lrv.lt"),
    ("LU", "CNPD, https://cnpd.public.lu"),
    ("LV", "Datu valsts inspekcija, https://www.dvi.gov.lv"),
    ("MT", "IDPC, https://idpc.org.mt"),
    ("NL", "Autoriteit Persoonsgegevens, https://www.autoriteitpersoonsgegevens.nl"),
    ("NO", "Datatilsynet, https://www.datatilsynet.no"),
    ("PL", "Urząd Ochrony Danych Osobowych, https://uodo.gov.pl"),
    ("PT", "CNPD, https://www.cnpd.pt"),
    ("RO", "ANSPDCP, https://www.dataprotection.ro"),
    ("SE", "Integritetsskyddsmyndigheten, https://www.imy.se"),
    ("SI", "Informacijski pooblaščenec, https://www.ip-rs.si"),
    ("SK", "Úrad na ochranu osobných údajov, https://dataprotection.gov.sk"),
];
