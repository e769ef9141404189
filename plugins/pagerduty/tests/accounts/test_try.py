from pagerduty_simulator.demo_data.healthy_account import build_healthy_account, PARAMETERS
from pagerduty_simulator.demo_data.flaws import flaws
def test_it(evaluated, now, rules_with):
    ev=evaluated(build_healthy_account(now), PARAMETERS)
    for r in ev.rules:
        if r.status.value!='pass':
            print(r.rule, r.status.value, [(x.subject and x.subject.title, x.reason) for x in r.results if x.status.value not in ('pass','not_applicable')][:4])
    for flaw in flaws():
        a=build_healthy_account(now); flaw.apply(a); ev=evaluated(a, PARAMETERS)
        got=rules_with(ev,'fail'); inc=rules_with(ev,'insufficient','error')
        if got!=set(flaw.fails) or len(inc)!=2:
            print('---',flaw.description,'\n  extra',got-set(flaw.fails),'\n missing',set(flaw.fails)-got,'\n inc',inc)
            for r in ev.rules:
                if r.rule in got-set(flaw.fails) or r.rule in inc: print('     ',r.rule,[(x.subject and x.subject.title, x.reason) for x in r.results if x.status.value not in ('pass','not_applicable')][:3])
