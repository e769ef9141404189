import sys
sys.path.insert(0,'/work/main')
import pytest
from dataclasses import replace
from ccm_core.model.evaluation.result import Status

@pytest.mark.parametrize("noun", ["none","services","teams","policies","schedules","users"])
def test_x(lab, noun):
    acc=lab.account
    if noun!="none":
        objects=getattr(acc,noun)
        if noun=="services":
            used=[i.references.service["id"] for i in acc.incidents.all()] if hasattr(acc.incidents,'all') else []
            key=min(objects)
        else: key=min(objects)
        o=objects.pop(key)
        if noun=="users":
            acc.deleted_users={**acc.deleted_users,key:replace(o,deleted_at=acc.epoch-86400)}
    ran=lab.read()
    print("=====",noun, ran.exit, {k:v.value for k,v in ran.outcomes.items() if v.value!="complete"})
    for r in ran.rules.values():
        ins=[x for x in r.results if x.status in (Status.INSUFFICIENT, Status.ERROR)]
        if ins: print(noun, r.rule, r.status, [(x.subject.kind,x.subject.key,x.reason[:160]) for x in ins[:2]], len(ins))
