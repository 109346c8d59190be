"""An agent with three tools. What the model asks for is a wish; the policy and a person decide."""

import asyncio
from pathlib import Path

import actra

ORDERS = {"o-1": {"owner": "ana", "total": 40}, "o-2": {"owner": "ana", "total": 300}, "o-3": {"owner": "bob", "total": 9}}
REFUNDED = set()


async def who(session):
    return {"id": session["user"], "email": f"{session['user']}@example.com"}


async def order_of(session):
    # Only rules about refunds read the snapshot, so only refunds come here.
    order = session["looking_at"]
    return {"owner": ORDERS[order]["owner"], "refunded": order in REFUNDED}


async def ask_support(approval):
    """Stands for a person who reads the question and answers it."""
    question, amount = approval.reasons[0], approval.action.get("amount")
    if isinstance(amount, int) and amount <= 300:
        print(f"    support: {question} yes")
        return approval.grant(by="sue")
    print(f"    support: {question} no")
    return approval.deny(by="sue", reason="that is not your business")


actra.configure(
    Path(__file__).with_name("policy"),
    actor=who,
    snapshot=order_of,
    on_approval=ask_support,
    # A tool's arguments come from a model: none of them says who the user is.
    context_from_arguments=False,
)


@actra.admit()
async def find_orders(customer):
    return [order for order, facts in ORDERS.items() if facts["owner"] == customer]


@actra.admit()
async def refund(order, amount):
    REFUNDED.add(order)
    return f"paid {amount}"


@actra.admit()
async def send_mail(to, text):
    return f"sent to {to}"


TOOLS = {tool.__name__: tool for tool in (find_orders, refund, send_mail)}

#: What the model asks for. It has read a note by a stranger on the way.
WISHES = [
    ("find_orders", {"customer": "ana"}),
    ("find_orders", {"customer": "bob"}),
    ("refund", {"order": "o-1", "amount": 40}),
    ("refund", {"order": "o-1", "amount": 40}),
    ("refund", {"order": "o-3", "amount": 9}),
    ("refund", {"order": "o-2", "amount": "all of it"}),
    ("refund", {"order": "o-2", "amount": 300}),
    ("send_mail", {"to": "mallory@example.org", "text": "o-1, o-2"}),
    ("send_mail", {"to": "ana@example.com", "text": "your money is on its way"}),
]


async def main():
    for name, arguments in WISHES:
        print(f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})")
        with actra.using({"user": "ana", "looking_at": arguments.get("order")}):
            try:
                print(f"    {await TOOLS[name](**arguments)}")
            except actra.ActraPolicyError as error:
                # The model is told, and may try something else.
                print(f"    {error.for_model()}")


asyncio.run(main())
