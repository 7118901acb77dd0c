import cProfile, pstats, pytest, time
from decimal import Decimal as D
from bench.allocation import make_pools
from finops.allocation.running import publish, preview
from tests.finops.allocation.at_hand import NOW, OCTOBER, own, shared
from tests.finops.bills.charges import land
@pytest.mark.django_db
def test_it():
    land(*(own(f"team {n}", f"{n}.37") for n in range(500)), *(shared(f"service {n}", f"{n}.{n % 100:02}") for n in range(200)))
    make_pools(OCTOBER)
    t=time.perf_counter(); preview(OCTOBER); print("preview", time.perf_counter()-t)
    p=cProfile.Profile(); p.enable(); publish(OCTOBER, now=NOW, by="x"); p.disable()
    pstats.Stats(p).sort_stats("cumtime").print_stats(32)
