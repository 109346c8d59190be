"""A FastAPI service: refusals are answers, and approvals are answered by another endpoint."""

from pathlib import Path

from fastapi import Body, FastAPI, HTTPException, Request

import actra
from actra.integrations.starlette import ActraMiddleware

# Stands for sessions or tokens.
TOKENS = {"t-cleo": {"id": "cleo", "role": "clerk"}, "t-max": {"id": "max", "role": "manager"}, "t-al": {"id": "al", "role": "auditor"}}
FROZEN = {"acc-9"}
PENDING = {}


def who(ctx):
    return TOKENS[ctx.request.headers["authorization"]]


async def account(ctx):
    return {"frozen": (await ctx.request.json())["account"] in FROZEN}


def remember(approval):
    PENDING[approval.id] = approval


runtime = actra.configure(Path(__file__).with_name("policy"), actor=who, snapshot=account)
app = FastAPI()
app.add_middleware(ActraMiddleware, pending=remember)


@app.post("/transfers")
@actra.admit("transfer")
async def transfer(account: str = Body(), amount: float = Body()):
    return {"transferred": amount, "to": account}


@app.post("/approvals/{number}")
async def approve(number: str, request: Request):
    person = who(actra.current_context())
    approval = PENDING.get(number)
    if approval is None:
        raise HTTPException(404)
    # Whoever asks does not answer.
    if person["role"] != "manager" or approval.context["actor"]["id"] == person["id"]:
        raise HTTPException(403)
    approval.grant(by=person["id"])
    return {"granted_by": person["id"]}


if __name__ == "__main__":
    import asyncio

    import httpx

    async def main():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:

            async def post(token, path, **body):
                answer = await client.post(path, json=body, headers={"authorization": token})
                said = answer.json()
                asked = said.pop("approval", {})
                # Of a problem (RFC 9457) its detail.
                said = said.get("detail", said)
                print(f"{token} {path.partition('/approvals')[1] or path} {body or ''} -> {answer.status_code} {said}")
                return f"/approvals/{asked.get('id')}"

            await post("t-cleo", "/transfers", account="acc-1", amount=50)
            await post("t-al", "/transfers", account="acc-1", amount=50)
            await post("t-eve", "/transfers", account="acc-1", amount=50)
            await post("t-cleo", "/transfers", account="acc-9", amount=50)
            question = await post("t-cleo", "/transfers", account="acc-1", amount=5000)
            await post("t-cleo", question)
            await post("t-max", question)
            await post("t-cleo", "/transfers", account="acc-2", amount=5000)
            await post("t-cleo", "/transfers", account="acc-1", amount=5000)
            await post("t-cleo", "/transfers", account="acc-1", amount=5000)

    asyncio.run(main())
