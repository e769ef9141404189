import shutil
from tests.store.test_damage import *
def test_dbg(folder):
    rows = sql(folder, "SELECT rowid, document, hex(digest) FROM finding_changes")
    import zstandard,hashlib
    for r,old,dg in rows:
        new=changed(old); D=zstandard.ZstdDecompressor()
        try: same=D.decompress(new)==D.decompress(old)
        except Exception as e: same=e
        print(r,len(old),same,hashlib.sha256(D.decompress(old)).hexdigest().upper()==dg)
        before=(folder/"ccm.db").read_bytes()
        sql(folder,"UPDATE finding_changes SET document=:new WHERE rowid=:row",row=r,new=new)
        for p in verified(folder).problems: print("  ",p.table,p.field,p.label,p.problem[:150])
        (folder/"ccm.db").write_bytes(before)
    for p in verified(folder).problems: print(" undamaged ",p.table,p.field,p.label,p.problem[:150])
