from __future__ import annotations
import traceback
from datetime import timedelta, datetime, UTC
import pytest
from ccm_core.errors import CcmError
from ccm_core.model.period import Period, parse_period
from ccm_core.model.evidence.window import Window
from ccm_core.pipeline.assurance import assess_period
from ccm_core.pipeline.period_report import period_input
from ccm_core.pipeline.bundle import BundleRequest, bundle
from ccm_core.report.period import layout
from ccm_core.pipeline.evaluate import evaluate
import dataclasses

def test_probe(firm, tmp_path):
    firm.evaluate()
    firm.now += timedelta(hours=26, milliseconds=250)
    firm.collect(); firm.evaluate()
    t=firm.now
    compiled,_=firm.ruling()
    out=[]
    deltas = [timedelta(0), timedelta(microseconds=-1), timedelta(milliseconds=-500), timedelta(seconds=-1),timedelta(milliseconds=500), timedelta(minutes=-5), timedelta(hours=-25), timedelta(hours=-26,milliseconds=-250), timedelta(hours=-27), timedelta(days=-2)]
    for text in ("2026-08","2026-08-04","2026-08-03","2026-08-03..2026-08-04"):
        for d in deltas:
            firm.now=t+d
            for name,fn in (("assess",lambda: assess_period(firm.host,[firm.connection()],firm.store,compiled,parse_period(text))),
               ("report",lambda: period_input(firm.host,[firm.connection()],firm.store,compiled,parse_period(text),samples=5)),
               ("bundle",lambda: bundle(firm.host,firm.store,BundleRequest(connections=[firm.connection()],period=parse_period(text),controls=[("soc2","CC7.4")]),firm.signer,tmp_path/"b.zip"))):
                if name=="bundle" and text not in ("2026-08",): continue
                try:
                    r=fn()
                    if name=="report":
                        from ccm_core.report.period import layout
                except CcmError as e:
                    out.append((text,d,name,type(e).__name__,str(e)[:150]))
                except Exception as e:
                    out.append((text,d,name,"TRACEBACK",repr(e)[:200], traceback.format_exc().splitlines()[-6:]))
    for o in out: print(o)
    assert False
