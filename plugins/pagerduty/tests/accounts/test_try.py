from pagerduty_simulator.demo_data.healthy_account import build_healthy_account, healthy_parameters
def test_it(evaluated, now):
    import time; t=time.time()
    ev=evaluated(build_healthy_account(now), healthy_parameters()); print(time.time()-t)
    for r in ev.rules:
        if r.status.value!='pass':
            print(r.rule, r.status.value, [(x.subject and x.subject.title, x.reason) for x in r.results if x.status.value not in ('pass','not_applicable')][:4])
    t=time.time(); evaluated(build_healthy_account(now), healthy_parameters()); print(time.time()-t)
