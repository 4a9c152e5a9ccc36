//! The page that checks a receipt. Rendered on the server alone; what the file says is put in by its script.

use leptos::prelude::*;
use unticked_shared::{id::Language, texts::receipt::Says};

use crate::receipt::ReceiptPage;

/// All of it. The form stays hidden until its script runs; until then the page says how to do without.
pub(crate) fn receipt(language: &Language, page: &ReceiptPage<'_>) -> impl IntoView + use<> {
    let says = |word: Says| word.text(language).to_owned();
    let command = format!("unticked receipt verify receipt.json --key '{}'", page.key);
    let limits =
        [Says::LimitWho, Says::LimitContent, Says::LimitLater, Says::LimitTime, Says::LimitOneLog, Says::LimitKey];
    let limits: Vec<_> = limits.into_iter().map(|limit| view! { <li>{says(limit)}</li> }).collect();
    view! {
        <div
            class="unticked personal receipt"
            id="receipt"
            lang=language.to_string()
            dir=language.direction().as_str()
            data-glue=page.glue.to_owned()
            data-wasm=page.wasm.to_owned()
            data-words=page.words.clone()
            data-unreadable=says(Says::Unreadable)
        >
            <h1>{says(Says::Title)}</h1>
            <p>{says(Says::Intro)}</p>
            <div id="without">
                <p>{says(Says::WithoutScript)}</p>
                <pre dir="ltr"><code>{command}</code></pre>
            </div>
            <form id="check" hidden=true>
                <div class="drop" id="drop">
                    <p>{says(Says::Drop)}</p>
                    <div class="field">
                        <label for="file">{says(Says::ChooseFile)}</label>
                        <input id="file" type="file" accept=".json,application/json,application/octet-stream" />
                    </div>
                </div>
                <div class="field">
                    <label for="paste">{says(Says::Paste)}</label>
                    <textarea id="paste" rows="3" dir="ltr" autocomplete="off" autocapitalize="none" spellcheck="false"></textarea>
                </div>
                <div class="actions"><button type="submit" class="main">{says(Says::Check)}</button></div>
                <details>
                    <summary>{says(Says::KeyTitle)}</summary>
                    <p id="key-text">{says(Says::KeyText)}</p>
                    <div class="field">
                        <label for="key">{says(Says::KeyLabel)}</label>
                        <textarea
                            id="key"
                            rows="3"
                            dir="ltr"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            aria-describedby="key-text"
                        >
                            {page.key.to_owned()}
                        </textarea>
                    </div>
                </details>
            </form>
            <section id="result" tabindex="-1" aria-labelledby="outcome" hidden=true>
                <h2 id="outcome"></h2>
                <p id="told"></p>
                <div id="content">
                    <dl id="facts"></dl>
                    <div>
                        <h3>{says(Says::DecidedTitle)}</h3>
                        <p class="fine">{says(Says::DecidedText)}</p>
                    </div>
                    <div id="decisions"></div>
                    <form id="compare">
                        <h3>{says(Says::AddressTitle)}</h3>
                        <p id="address-text">{says(Says::AddressText)}</p>
                        <div class="field">
                            <label for="address">{says(Says::AddressLabel)}</label>
                            <input
                                id="address"
                                type="text"
                                inputmode="email"
                                dir="ltr"
                                autocomplete="off"
                                autocapitalize="none"
                                spellcheck="false"
                                aria-describedby="address-text same"
                            />
                        </div>
                        <p id="same" role="status"></p>
                        <div class="actions"><button type="submit">{says(Says::AddressButton)}</button></div>
                    </form>
                    <p id="no-address">{says(Says::AddressNone)}</p>
                </div>
            </section>
            <section class="fine" aria-labelledby="limits">
                <h2 id="limits">{says(Says::LimitsTitle)}</h2>
                <ul>{limits}</ul>
            </section>
        </div>
    }
}
