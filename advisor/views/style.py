"""The page's style: the report's parts, and what Streamlit's page needs beside them."""

from advisor.report.html import parts_style

COLOURS = """
.parts{--ground:light-dark(#fff,#11161c);--raised:light-dark(#f5f7f9,#19212a);
--ink:light-dark(#16202b,#e8edf2);--soft:light-dark(#51606f,#a3b1bf);
--line:light-dark(#d9e0e6,#303b47);--accent:light-dark(#005a91,#6bb8ea);
--chosen:light-dark(#e8f3fa,#152a3a);color:var(--ink);font-variant-numeric:tabular-nums}
"""
"""The report's colours, following the page's light or dark scheme."""

PAGE = """
.parts dl.facts,.parts ul.legend{padding:0!important;margin:0 0 .6rem!important}
.parts dl.facts dd,.parts ul.legend li{margin:0!important;padding:0!important}
.parts .caption{font-size:.9rem;font-weight:600;margin:.2rem 0 0}
.parts .origin{font-size:.82rem;color:var(--soft);margin:-.35rem 0 .5rem}
.stMainBlockContainer{padding-top:.6rem;max-width:76rem}
.stAppHeader{background:transparent;pointer-events:none}.stAppHeader *{pointer-events:auto}
[data-testid=stLayoutWrapper]:has(>.st-key-verdict){position:sticky;top:0;z-index:50}
.st-key-verdict{background:light-dark(#ffffff,#11161c);
border-bottom:1px solid light-dark(#d9e0e6,#303b47);padding:.5rem 0 .45rem;gap:.1rem}
.verdict h1{font-size:clamp(1.05rem,.9rem + .8vw,1.45rem);line-height:1.35;margin:0;padding:0;
font-weight:650;letter-spacing:-.005em;text-wrap:pretty;overflow-wrap:anywhere}
.verdict p{margin:.25rem 0 0;font-size:.95rem;max-width:none}
.verdict .delta{color:var(--soft);font-size:.88rem;margin:0}.verdict .rest{margin:0;font-size:.9rem}
.verdict .amounts{margin:.1rem 0 0;font-size:.95rem}
.verdict .decides{margin:0 0 .2rem;font-weight:600}
.parts dl.facts div{padding:.5rem .8rem;line-height:1.4}
.verdict .none{border-left:.3rem solid #d55e00;padding-left:.8rem}
.stMainBlockContainer h2{font-size:1.2rem;line-height:1.3;padding:.6rem 0 .35rem;font-weight:650}
@media (max-width:46rem){.st-key-verdict{padding-top:2.4rem}.verdict h1{font-size:1rem}
.verdict .rest{display:none}.verdict p{font-size:.85rem}}
"""


def sheet() -> str:
    """Return the whole style sheet."""
    return f"{COLOURS}{PAGE}@scope (.parts){{{parts_style()}}}"
