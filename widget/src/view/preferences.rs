//! The personal page: what was decided, in the words of then, and one button each to take it back. Rendered on the server
//! alone. Nothing asks whether the person is sure, and what goes on without consent has no button that would promise a
//! choice. What was decided at a banner has none either: the site goes by what the browser holds, and no page of ours
//! reaches that.

use leptos::prelude::*;
use unticked_shared::{
    decision::LegalBasis,
    id::Language,
    placement::{BannerText, Content, ControllerText},
    texts::{
        Word, Words, banner,
        preferences::{Says, spoken_time},
    },
};

use super::{
    basis_word,
    confirmation::{kept, receipt_address, receipt_name},
};
use crate::personal::{PersonalPage, PersonalProblem, PersonalPurpose};

/// What was taken back just now, as a sentence.
pub(crate) fn news(page: &PersonalPage<'_>) -> Option<String> {
    let says = Says::JustWithdrawn.text(&page.content.language);
    (!page.just_withdrawn.is_empty()).then(|| says.replace("{names}", &page.just_withdrawn.join(", ")))
}

/// All of it.
pub(crate) fn personal(page: &PersonalPage<'_>) -> impl IntoView + use<> {
    let content = page.content;
    let says = |word: Says| word.text(&content.language).to_owned();
    let word = |word: Word| content.words.get(word).to_owned();
    // Where a button was pressed the news take focus, so that they are read out first.
    let news = news(page).map(|news| view! { <p class="news" role="status" tabindex="-1" autofocus=true>{news}</p> });
    let asked: Vec<_> = page.purposes.iter().filter(|one| one.text.legal_basis == LegalBasis::Consent).collect();
    let others: Vec<_> = page.purposes.iter().filter(|one| one.text.legal_basis != LegalBasis::Consent).collect();
    let withdrawable = asked.iter().filter(|one| one.can_be_withdrawn).count();
    let asked = (!asked.is_empty()).then(|| {
        let purposes: Vec<_> = asked.iter().map(|one| consent(&content.language, one)).collect();
        // With a single consent there is its own button.
        let all = (withdrawable > 1)
            .then(|| view! { <button type="submit" name="withdraw" value="*">{says(Says::WithdrawAll)}</button> });
        view! {
            <form method="post" action="/preferences">
                <input type="hidden" name="token" value=page.token.clone() />
                <section class="purposes" aria-labelledby="asked">
                    <div>
                        <h3 id="asked">{says(Says::AskedTitle)}</h3>
                        <p class="fine">{says(Says::AskedText)}</p>
                    </div>
                    {purposes}
                    {all}
                </section>
            </form>
        }
    });
    let others = (!others.is_empty()).then(|| {
        let purposes: Vec<_> = others.iter().map(|one| other(content, one)).collect();
        view! {
            <section class="purposes" aria-labelledby="others">
                <div>
                    <h3 id="others">{says(Says::OtherTitle)}</h3>
                    <p class="fine">{says(Says::OtherText)}</p>
                </div>
                {purposes}
            </section>
        }
    });
    let controllers: Vec<_> = content.controllers.iter().map(controller).collect();
    let complaint = content.words.fill(Word::ComplainText, &[("authority", &content.notice.authority)]);
    let dpo = (!content.notice.dpo.is_empty())
        .then(|| view! { <h3>{word(Word::DpoLabel)}</h3> <p>{content.notice.dpo.clone()}</p> });
    let site = content.banner.as_ref().map(|banner| site(page, banner));
    // What taking back does is said where it can be done.
    let effect = content.banner.is_none().then(|| {
        view! {
            <section class="fine" aria-labelledby="effect">
                <h3 id="effect">{says(Says::EffectTitle)}</h3>
                <p>{says(Says::EffectText)}</p>
            </section>
        }
    });
    view! {
        <div class="unticked personal" lang=content.language.to_string() dir=content.direction.as_str()>
            <h2>{says(Says::Title)}</h2>
            {news}
            {receipt(page)}
            <dl>
                <div>
                    <dt>{says(Says::Reference)}</dt>
                    <dd><strong class="reference" dir="ltr">{page.reference.clone()}</strong></dd>
                </div>
                <div><dt>{says(Says::Form)}</dt><dd>{content.title.clone()}</dd></div>
                <div><dt>{says(Says::SentAt)}</dt><dd>{time(&content.language, &page.sent_at)}</dd></div>
            </dl>
            {site}
            {asked}
            {others}
            <section class="responsible" aria-labelledby="responsible">
                <h3 id="responsible">{word(Word::Responsible)}</h3>
                <ul>{controllers}</ul>
            </section>
            {effect}
            <section class="fine" aria-labelledby="rights">
                <h3 id="rights">{word(Word::RightsTitle)}</h3>
                <p>{word(Word::RightsText)}</p>
                <p>{complaint}</p>
                {dpo}
            </section>
        </div>
    }
}

/// Where a banner's decision is changed: on the site itself, and by which button. The owner's own words for it follow, since
/// their button may be called something else.
fn site(page: &PersonalPage<'_>, text: &BannerText) -> impl IntoView + use<> {
    let language = &page.content.language;
    let how = Says::SiteText.text(language).replace("{settings}", banner::Says::Settings.text(language));
    let owner = (!text.withdraw.is_empty()).then(|| view! { <blockquote>{text.withdraw.clone()}</blockquote> });
    let link = page.decided_on.clone().map(|address| {
        let sentence = Says::SiteLink.text(language);
        let (before, after) = sentence.split_once("{site}").unwrap_or((sentence, ""));
        let shown = view! { <bdi dir="ltr">{address.clone()}</bdi> };
        view! { <p><a class="site" href=address rel="noreferrer">{before.to_owned()} {shown} {after.to_owned()}</a></p> }
    });
    view! {
        <section class="elsewhere" aria-labelledby="elsewhere">
            <h3 id="elsewhere">{Says::SiteTitle.text(language)}</h3>
            <p>{how}</p>
            {owner}
            {link}
        </section>
    }
}

/// Saves the receipt, in today's words: a version of before has none for it.
fn receipt(page: &PersonalPage<'_>) -> Option<impl IntoView + use<>> {
    let words = Words::of_or_english(&page.content.language);
    let kind = if page.of_withdrawal { "-withdrawal" } else { "" };
    let name = receipt_name(&format!("{}{kind}", page.reference));
    (!page.receipt.is_empty()).then(|| {
        let (link, hint) = (words.get(Word::ReceiptLink).to_owned(), words.get(Word::ReceiptHint).to_owned());
        kept("receipt", receipt_address(&page.receipt), Some(name), link, hint)
    })
}

fn consent(language: &Language, one: &PersonalPurpose<'_>) -> impl IntoView + use<> {
    let name = one.text.name.clone();
    let button = one.can_be_withdrawn.then(|| {
        let which = format!(": {name}");
        view! {
            <div class="actions">
                <button type="submit" name="withdraw" value=one.text.id.to_string()>
                    {Says::WithdrawOne.text(language)}
                    <span class="seen-not">{which}</span>
                </button>
            </div>
        }
    });
    view! {
        <div class="purpose" data-purpose=one.text.id.to_string() data-state=one.state>
            <h4>{name.clone()}</h4>
            <blockquote class="statement">{one.text.statement.clone()}</blockquote>
            {state(language, one)}
            {button}
        </div>
    }
}

/// A purpose on another basis: named as such, with how to object where that is a right (Art. 21).
fn other(content: &Content, one: &PersonalPurpose<'_>) -> impl IntoView + use<> {
    let may_object = matches!(one.text.legal_basis, LegalBasis::LegitimateInterests | LegalBasis::PublicTask);
    let says = if may_object { Says::Object } else { Says::Ask };
    let contact = content.controllers.first().map(|controller| controller.contact.clone()).unwrap_or_default();
    let goes_on = one.state == "other_basis";
    let how = goes_on.then(|| {
        let sentence = says.text(&content.language);
        let (before, after) = sentence.split_once("{contact}").unwrap_or((sentence, ""));
        view! { <p>{before.to_owned()} {reach(&contact)} {after.to_owned()}</p> }
    });
    let basis = content.words.get(basis_word(one.text.legal_basis)).to_owned();
    let interest = (!one.text.interest.is_empty()).then(|| view! { <p>{one.text.interest.clone()}</p> });
    view! {
        <div class="purpose" data-purpose=one.text.id.to_string() data-state=one.state>
            <h4>{one.text.name.clone()}</h4>
            <blockquote class="statement">{one.text.statement.clone()}</blockquote>
            <p class="fine">{content.words.get(Word::BasisLabel).to_owned()} ": " {basis}</p>
            {interest}
            {state(&content.language, one)}
            {how}
        </div>
    }
}

fn state(language: &Language, one: &PersonalPurpose<'_>) -> Option<impl IntoView + use<>> {
    let sentence = one.says?.text(language);
    let (before, after) = sentence.split_once("{date}").unwrap_or((sentence, ""));
    Some(view! { <p class="state">{before.to_owned()} {time(language, &one.since)} {after.to_owned()}</p> })
}

fn time(language: &Language, at: &str) -> impl IntoView + use<> {
    let spoken = spoken_time(language, at);
    view! { <time datetime=at.to_owned()>{spoken}</time> }
}

fn controller(who: &ControllerText) -> impl IntoView + use<> {
    let role = (!who.role.is_empty()).then(|| format!(" — {}", who.role));
    let address = (!who.address.is_empty()).then(|| view! { <br /> <bdi>{who.address.clone()}</bdi> });
    view! { <li><strong>{who.name.clone()}</strong>{role}{address}<br />{reach(&who.contact)}</li> }
}

/// A contact; a mail address as a link.
fn reach(contact: &str) -> AnyView {
    let is_mail = contact.contains('@') && !contact.contains(|c: char| c.is_whitespace() || c == '?');
    if is_mail {
        view! { <a href=format!("mailto:{contact}") dir="ltr">{contact.to_owned()}</a> }.into_any()
    } else {
        view! { <bdi>{contact.to_owned()}</bdi> }.into_any()
    }
}

/// Asks for the link: for those who have it on paper, and for browsers without script.
pub(crate) fn opening(language: &Language, problem: Option<PersonalProblem>, token: &str) -> impl IntoView + use<> {
    let says = |word: Says| word.text(language).to_owned();
    let wrong = problem.map(|problem| {
        let text = match problem {
            PersonalProblem::WrongCode => says(Says::WrongCode),
            PersonalProblem::Later => says(Says::Later),
            PersonalProblem::TooMany(seconds) => says(Says::TooMany).replace("{seconds}", &seconds.to_string()),
        };
        view! { <p class="wrong" id="wrong" role="alert">{text}</p> }
    });
    let is_wrong = problem == Some(PersonalProblem::WrongCode);
    view! {
        <div class="unticked personal" lang=language.to_string() dir=language.direction().as_str()>
            <h1>{says(Says::OpenTitle)}</h1>
            {wrong}
            <p>{says(Says::OpenText)}</p>
            <form method="post" action="/preferences" class="open">
                <div class="field">
                    <label for="token">{says(Says::OpenLabel)}</label>
                    <input
                        id="token"
                        name="token"
                        type="text"
                        dir="ltr"
                        value=token.to_owned()
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        required=true
                        aria-invalid=is_wrong.then_some("true")
                        aria-describedby=problem.is_some().then_some("wrong")
                    />
                </div>
                <div class="actions"><button type="submit" class="main">{says(Says::OpenButton)}</button></div>
            </form>
        </div>
    }
}
