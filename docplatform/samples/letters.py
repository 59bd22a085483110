"""Letters from customers, each about one to three things: the topics of the ``letter-topics`` project.

Topics are told by sentences; other sentences mention the same words without being about them.
"""

# ruff: noqa: E501
# One template a line: broken up, nobody could read or compare them.

from __future__ import annotations

import random

from docplatform.samples import values, words
from docplatform.samples.content import Draft, paragraphs
from docplatform.samples.grammar import expand, mistype
from docplatform.samples.options import SampleOptions
from docplatform.samples.truth import Kind

TOPICS = ("billing", "cancellation", "complaint", "delivery", "praise", "refund_request")

_SENTENCES = {
    "complaint": (
        "{I am writing to complain|I wish to complain|I have to complain} about the {<goods>|service I received|way I was treated}{, which was {poor|disappointing|unacceptable}|}.",
        "The <goods> {was|is} {defective|faulty|broken} {when I unpacked it|after two days|from the start}{, and {nobody|no one} {helped|cared}|}.",
        "{Your|The} {staff|hotline|support team} {was|were} {rude|unhelpful|dismissive}{ when I called|}, {and|which} I {find|consider} unacceptable.",
        "{I am|We are} {very|extremely|deeply} {unhappy|dissatisfied|disappointed} with {the quality|your service|the <goods>}.",
        "This is {the second|already the third} time {something goes wrong|I have had a problem}{, a {poor|sorry} {record|performance}|}.",
    ),
    "refund_request": (
        "{Please|Kindly} {refund|pay back} {the full amount|<amount>|the purchase price} {to my account|to my card|within 14 days}.",
        "{I ask for|I request|I would like} {my money back|a full refund|a refund of <amount>}{ for the <goods>|}.",
        "{I returned|We sent back} the <goods> {weeks ago|on <day>} and {expect|am waiting for} {my refund|the money}{ of <amount>|}.",
        "{Since|As} I {cannot use|do not want} the <goods>, {please reimburse me|I expect to be reimbursed}{ in full|}.",
    ),
    "delivery": (
        "{The parcel|My parcel|Our shipment} {was announced|was due} for <day> {but|and} {has not arrived|never came|is still missing}.",
        "{Delivery|The delivery} {took|has taken} {three weeks|far too long|ten days longer than promised}{, and tracking shows nothing|}.",
        "The {courier|driver} {left|dropped} the {box|package|parcel} {at the wrong address|in the rain|with a stranger}.",
        "{When|On what day} will {my order|the shipment|order <order>} {be delivered|arrive|be dispatched}?",
        "{Please|Could you} {send|ship|deliver} {the order|it|the missing box} to {our new address|<street>}{, not to the old one|}.",
    ),
    "billing": (
        "{The invoice|Your invoice|Bill} <invoice> {shows|charges|lists} <amount>{, but {we agreed on|the price was} <amount>|}.",
        "{I was|We were} {charged|billed} {twice|two times|double} {for the same month|for order <order>|on my card}.",
        "{The VAT|The tax|The total} on {the|your} {invoice|bill|statement} {is|seems} {wrong|incorrect|miscalculated}.",
        "{Please|Could you} {correct|reissue|check} {the invoice|invoice <invoice>|our statement}{, the billing address is outdated|}.",
        "{Why|For what reason} {is there|did you add} {a fee|a charge|an extra item} of <amount> {on my bill|on the statement}?",
    ),
    "cancellation": (
        "{I hereby|I would like to|We hereby|Please let me} {cancel|terminate} {my|our|the} {subscription|contract|membership} {as of <day>|with immediate effect|at the next possible date}.",
        "{Please|Kindly} {cancel|end} {my account|order <order>|the contract}{ and confirm in writing|}.",
        "{We|I} {do not wish|no longer wish} to {renew|continue} {the contract|the subscription|our agreement}{ after <day>|}.",
        "{Take this letter as|This is} {my|our} notice of {cancellation|termination}{ for contract <order>|}.",
    ),
    "praise": (
        "{I want to|I would like to|Let me} {thank|praise|compliment} {your team|<person>|the people at the counter} for {excellent|outstanding|wonderful} {service|help|advice}.",
        "{The <goods> is|Your <goods> are} {excellent|wonderful|superb|simply great}{, I recommend you to everyone|}.",
        "{Great|Excellent|Fantastic} {work|service|experience}{, thank you so much|, five stars|}!",
        "{I am|We are} {delighted|very happy|very pleased} with {the quality|the <goods>|how you handled this}.",
    ),
}
_LATE_SENTENCES = {
    "complaint": (
        "{Frankly|To be honest}, {what you sold me|the <goods>} {fell apart|stopped working} {within|after} {a week|an hour}, a {disappointing|poor} experience.",
        "{Nobody|Not one person} at your {hotline|counter} {took|has taken} my problem seriously{, that is unacceptable|}.",
        "{I expected better|Such quality is unacceptable}{ from a firm like yours|}: {faulty|broken} goods and {rude|unhelpful} answers.",
    ),
    "refund_request": (
        "{Transfer|Return} <amount> to {the account below|my bank account} {and the matter is closed|by <day>}{; I want my money back|}.",
        "{May I remind you|I remind you} that {a refund|the reimbursement} {is|has been} {overdue|outstanding}{ since <day>|}.",
    ),
    "delivery": (
        "{Three|Two} of {five|six} boxes {are missing|did not arrive}; the {courier|carrier} {says|claims} they {were never loaded|are at the depot}.",
        "{We stood|I waited} at {the gate|home} all {day|morning} and no {driver|van} {came|showed up} with the {shipment|parcel}.",
    ),
    "billing": (
        "{According to|Going by} {the statement|your books} {we owe|I owe} <amount>, {yet|but} {that bill|invoice <invoice>} was paid {on <day>|long ago}.",
        "{Your accounts department|Accounting} {applied|used} the wrong {rate|price|tax} {and overcharged|which overcharged} us by <amount>.",
    ),
    "cancellation": (
        "{After|Following} {some thought|a review} we {have decided to|will} {leave|end} the {contract|subscription} {when it expires|on <day>}.",
        "{Stop|Please stop} {my|the} membership{ and delete my account|}; {I have signed elsewhere|I will not renew}.",
    ),
    "praise": (
        "{What a pleasure|It was a pleasure} {to deal|dealing} with <person>, {so|always} {friendly|kind} and {helpful|quick}{, thank you|}.",
        "{Hats off|Compliments} to {the workshop|your team}: {excellent|wonderful} {work|quality}, we {will be back|recommend you}.",
    ),
}
_FILLERS = (
    "{I have been|We have been} {a customer|buying from you} {for years|since <day>}.", "My customer number is <order>.",
    "{You can reach me|I can be reached} {by telephone|by mail} {in the evening|during office hours}.", "{A copy of|Enclosed is} {the invoice|the receipt|my order}{ is enclosed|}.",
    "{Please|Kindly} {reply|answer} {by <day>|within two weeks|soon}.", "{I hope|We hope} {to hear from you soon|for a quick answer}.",
    "{The order|Our order} <order> {was placed|dates from} {in your shop|on <day>}.", "{This is not a complaint about <person>, who was polite|The delivery itself was fine}.",
    "{I|We} {paid|settled} everything {on time|at once}.", "{Otherwise|Apart from that} {all is well|we have no reason to change}.",
    "{The price|The contract} is not {the point|what this is about}.", "I {bought|ordered} {a|the} <goods> {in your shop|from your catalogue}.",
)  # fmt: skip
_GREETINGS = (
    "Dear Sir or Madam,",
    "Dear <person>,",
    "Hello,",
    "Dear {team|customer service},",
    "To whom it may concern:",
    "Good {morning|day},",
)
_CLOSINGS = (
    "{Yours|Kind} {sincerely|regards},",
    "{Yours faithfully|Best regards|With regards},",
    "{Regards|Thank you},",
    "{Best wishes|Sincerely},",
)
_SUBJECTS = (
    "{Subject: |Re: |}{Order|Contract|Your reference|My letter} <order>",
    "{Re: |}{Customer|Account} <order>",
    "{Our|My} {conversation|visit} {on|of} <day>",
)
_FRAMES = {
    "formal": "<sender>\n<street>\n\n<to>\n\n<day>\n\n# <subject>\n\n<greeting>\n\n<body>\n\n<closing>\n<sender>",
    "plain": "<greeting>\n\n<body>\n\n<closing>\n<sender>",
    "dated": "<town>, <day>\n\n<greeting>\n<body>\n\n<closing>\n<sender>\n<street>",
    "headed": "# <to>\n---\n{Date: |}<day>\n<subject>\n\n<greeting>\n\n<body>\n\n<closing>\n<sender>",
}
_LATE_FRAMES = {
    "form": "# {Contact form|Feedback form}\nName: <sender>\nDate: <day>\nReference: <order>\nMessage:\n<body>",
    "memo": "From: <sender>\nTo: <to>\n<subject>\n---\n<body>\n\n<sender>, <town>",
}


def write_letter(rng: random.Random, held_out: bool, options: SampleOptions) -> Draft:
    """One letter. Held-out ones take most sentences from a pool of their own."""
    frames = _LATE_FRAMES if held_out else _FRAMES
    name = rng.choice(sorted(frames))
    topics = tuple(sorted(rng.sample(TOPICS, rng.choices((1, 2, 3), (5, 4, 1))[0])))
    symbol = rng.choice(words.CURRENCIES)[0]
    sender, street = values.person(rng), ", ".join(values.address(rng))
    slots = {
        "sender": lambda: sender,
        "street": lambda: street,
        "to": lambda: values.firm(rng),
        "town": lambda: rng.choice(words.TOWNS),
        "person": lambda: values.person(rng),
        "day": lambda: values.written_date(rng, values.day(rng, options.date)),
        "goods": lambda: rng.choice(words.GOODS).split(",")[0].lower(),
        "amount": lambda: values.amount(rng.randrange(900, 90_000) / 100, symbol),
        "order": lambda: values.reference(rng, rng.choice(("#######", "@@-#####", "K####-##"))),
        "invoice": lambda: values.reference(rng, rng.choice(("INV-#####", "####/##", "R######"))),
    }
    frame = frames[name].replace("<body>", _body(rng, topics, held_out))
    for part, choices in (("greeting", _GREETINGS), ("closing", _CLOSINGS), ("subject", _SUBJECTS)):
        frame = frame.replace(f"<{part}>", rng.choice(choices))
    text = mistype(expand(frame, rng, slots), rng, options.typos)
    blocks = paragraphs(text)
    return Draft(kind=Kind.LETTER, template=f"letter/{name}", held_out=held_out, blocks=blocks, topics=topics)


def _body(rng: random.Random, topics: tuple[str, ...], held_out: bool) -> str:
    sentences = rng.sample(_FILLERS, rng.randint(0, 2))
    for topic in topics:
        for _ in range(rng.choice((2, 2, 3))):
            pool = _LATE_SENTENCES if held_out and rng.random() < 0.2 else _SENTENCES
            sentences.append(rng.choice(pool[topic]))
    rng.shuffle(sentences)
    cut = rng.randint(1, len(sentences))
    return "\n\n".join(" ".join(part) for part in (sentences[:cut], sentences[cut:]) if part)
