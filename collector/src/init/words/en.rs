//! English.

use super::Words;

pub const WORDS: Words = Words {
    withdraw_by_mail: "Use the personal link that you are given after sending, or write to {contact}: one sentence is enough. What was done before stays lawful.",
    withdraw_by_phone: "Use the personal link that you are given after sending, or call {contact}: one sentence is enough. What was done before stays lawful.",
    automated: "People read what you send. No decision about you is made by a machine, and we build no profiles.",
    authority: "The data protection authority where you live, where you work or where we are: {list}",
    own_authority: "{own}; or the authority where you live or work: {list}",
    role: "We run {site}; we alone decide how your data are used.",
    title: "Write to us",
    intro: "You have a question? Write to us, and we will answer.",
    submit: "Send message",
    required_note: "You need not tell us anything. To answer you we need a name, a mail address and your message; without them we cannot. Everything else is up to you and changes nothing about the answer.",
    name: "Your name",
    email: "Mail address",
    email_why: "to answer you; for the newsletter only if you tick it",
    phone: "Telephone",
    phone_why: "if you would rather be called back",
    message: "Your message",
    enquiry: "Answering you",
    enquiry_statement: "{controller} reads your message and answers it, by mail or, if you leave a number, by telephone.",
    enquiry_kept: "one year after your message",
    newsletter: "Newsletter",
    newsletter_statement: "{controller} may send me its news by mail, at most twice a month.",
    newsletter_kept: "until you take it back, at most two years after you ticked the box",
    recipient: "the provider of our customer database, on our instructions only",
};
