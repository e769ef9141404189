from test_future_evidence import *
def test_x(mute):
    for at in (40,1):
        mute.collect(NOW+at*HOUR)
    (number,) = mute.add([NOW + 6 * HOUR])
    m=mute.collect(NOW+50*HOUR)
    for c in m.collections: print(c.kind,c.window,c.outcome,c.counts.items)
    print([ (r.params) for r in mute.control.requests])
    print(mute.kept().keys())
