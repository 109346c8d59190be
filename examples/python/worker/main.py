"""A worker: a job is decided when it runs, not when it was put into the queue."""

import json
import queue
import threading
from pathlib import Path

import actra

HERE = Path(__file__).parent
ROLES = {"fay": "finance", "sam": "support"}


def who(job):
    # The queue says who asked; what they may do is looked up now.
    return {"role": ROLES[job["by"]]}


runtime = actra.configure(HERE / "policy", actor=who)


@actra.admit()
def payout(account, amount):
    print(f"    paid {amount} to {account}")


@actra.admit()
def report(month):
    print(f"    the report of {month}")


TASKS = {task.__name__: task for task in (payout, report)}
jobs = queue.Queue()
waiting = {}


def work():
    while (line := jobs.get()) is not None:
        job = json.loads(line)
        print(f"{job['id']}: {job['task']} by {job['by']}")
        try:
            # A message cannot name anything but a task.
            task = TASKS[job["task"]]
            with actra.using(job, correlation_id=job["id"]):
                task(**job["arguments"])
        except actra.ActraApprovalRequired as error:
            print(f"    waits: {error.decision.message}")
            waiting[job["id"]] = (error.approval, line)
        except Exception as error:
            # Trying again would be answered alike.
            print(f"    put aside: {type(error).__name__}: {error}")
        jobs.task_done()


def put(number, by, task, **arguments):
    jobs.put(json.dumps({"id": number, "by": by, "task": task, "arguments": arguments}))


worker = threading.Thread(target=work)
worker.start()
put("j-1", "sam", "report", month="May")
put("j-2", "sam", "payout", account="acc-1", amount=10)
put("j-3", "fay", "payout", account="acc-1", amount=10)
put("j-4", "fay", "payout", account="acc-2", amount=5000)
put("j-5", "eve", "payout", account="acc-2", amount=10)
put("j-6", "sam", "drop_tables")
put("j-7", "fay", "payout", account="acc-3")
jobs.join()

print("somebody grants j-4")
approval, line = waiting.pop("j-4")
approval.grant(by="max")
jobs.put(line)
# Delivered twice, paid once.
jobs.put(line)
jobs.join()

print("payouts are stopped")
rules = (HERE / "policy" / "policy.yaml").read_text()
stopped = rules + "  - { id: stopped, scope: { action: payout }, when: true, effect: block, message: payouts are stopped }\n"
runtime.policy = actra.load_policy_from_string((HERE / "policy" / "schema.yaml").read_text(), stopped)
put("j-8", "fay", "payout", account="acc-1", amount=10)
put("j-9", "sam", "report", month="June")
jobs.put(None)
worker.join()
