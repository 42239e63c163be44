"""How the change list looks: on a screen by day and night, and on paper, also in grey.

Colour belongs to what happens to layers alone, the same four as the marks in a timeline; every colour comes with its
words. Figures stand under one another.
"""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1d; --soft: #62626a; --faint: #8a8a92; --line: #dcdce1; --page: #fff;
  --box: #f6f6f8; --built: #b3261e; --played: #8f5b00; --stays: #1d6b3c; --gone: #6a3fa0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e4e0; --soft: #a5a3a0; --faint: #7d7b79; --line: #37373b;
  --page: #161618; --box: #1f1f22; --built: #ff8a80; --played: #f2b457; --stays: #74cf98; --gone: #c3a2f0; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: var(--ink);
  background: var(--page); max-width: 72rem; margin: 2.2rem auto; padding: 0 1.4rem;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
header { border-bottom: 2px solid var(--ink); padding-bottom: .9rem; }
h1 { font-size: 1.6rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; margin: 0; }
h2 { font-size: 1.15rem; line-height: 1.3; font-weight: 650; margin: 0; }
p { margin: .3rem 0; } .soft, small { color: var(--soft); } header p { font-size: .87rem; }
.totals { display: flex; flex-wrap: wrap; gap: 1rem 3rem; padding: 1rem 0; border-bottom: 1px solid var(--line); }
.totals h3 { margin: 0 0 .2rem; font-size: .78rem; font-weight: 600; color: var(--soft); }
.totals ul { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; list-style: none; margin: 0; padding: 0; }
.totals b { display: block; font-size: 1.45rem; line-height: 1.2; font-weight: 600; }
.totals li { font-size: .85rem; color: var(--soft); max-width: 9.5rem; line-height: 1.35; }
.totals b { color: var(--ink); } .totals .none, .totals .none b { color: var(--faint); font-weight: 400; }
.said { padding-top: .7rem; }
.unread { border: 2px solid var(--ink); background: var(--box); padding: .7rem 1rem; margin: 1rem 0 0;
  font-size: .9rem; }
.unread h3 { margin: 0; font-size: .95rem; } .unread ul { margin: .3rem 0 0; padding-left: 1.1rem; }
.unread .error { font-weight: 600; }
section { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: .2rem 1.6rem; padding: 1.3rem 0 1.4rem;
  border-bottom: 1px solid var(--line); }
section.bare { grid-template-columns: minmax(0, 1fr); }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .7rem; grid-column: 1 / -1; }
.state { font-size: .85rem; color: var(--soft); }
figure { margin: .45rem 0 .5rem; } img { display: block; width: 100%; height: auto; background: #000; }
figcaption { color: var(--soft); font-size: .8rem; margin-top: .2rem; }
.empty { border: 1px dashed var(--faint); color: var(--soft); font-size: .8rem; padding: .9rem .8rem;
  margin: .45rem 0 .5rem; }
.what { margin: .35rem 0 .3rem; padding: 0; list-style: none; } .what li::first-letter { text-transform: uppercase; }
table { border-collapse: collapse; margin: .3rem 0 .7rem; }
th, td { text-align: right; padding: .12rem 0 .12rem 1.5rem; vertical-align: baseline; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; color: var(--soft); min-width: 4.2rem; }
.uses th:nth-child(n+2) { min-width: 7.6rem; } .uses th:last-child { min-width: 4.6rem; }
th { font-weight: 500; color: var(--soft); font-size: .8rem; }
td.same { color: var(--faint); } .clip { font-size: .8rem; color: var(--soft); margin: -.5rem 0 .6rem; }
.layer { border-left: 4px solid var(--stays); padding: .1rem 0 .1rem .8rem; margin: .6rem 0 .1rem; }
.layer p { margin: 0; } .layer b, .key b { color: var(--stays); font-weight: 650; }
.built { --stays: var(--built); } .played { --stays: var(--played); } .gone { --stays: var(--gone); }
.key { display: flex; flex-wrap: wrap; gap: .1rem 1.6rem; list-style: none; margin: .8rem 0 0; padding: 0;
  font-size: .8rem; color: var(--soft); }
.key li { border-left: 4px solid var(--stays); padding-left: .5rem; }
summary { cursor: pointer; padding: .9rem 0 .4rem; } footer { font-size: .8rem; color: var(--soft); padding: 1rem 0; }
details td:last-child { text-align: left; white-space: normal; }
@media (max-width: 46rem) { section { grid-template-columns: minmax(0, 1fr); } th, td { padding-left: .7rem; }
  .uses th { min-width: 0 !important; } .uses { font-size: .78rem; } .uses th { font-size: .72rem; }
  .uses th:nth-child(n+2), .uses td:nth-child(n+2) { padding-left: .5rem; } }
@page { size: A4; margin: 14mm 15mm 16mm; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --faint: #777; --line: #bbb; --page: #fff;
  --box: #fff; --built: #9b1c15; --played: #744900; --stays: #17592f; --gone: #57308a; }
  html { font-size: 9.6pt; } body { font-size: 9.2pt; line-height: 1.4; margin: 0; padding: 0; max-width: none; }
  h1 { font-size: 16pt; }
  h2 { font-size: 11pt; } section { grid-template-columns: 52mm minmax(0, 1fr); gap: 0 6mm; padding: 3.2mm 0 3.4mm;
  break-inside: avoid; } th, td { padding-left: 3mm; } .uses th:nth-child(n+2) { min-width: 25mm; }
  .uses th:last-child { min-width: 14mm; } .totals { gap: 2mm 6mm; padding: 2.5mm 0; }
  .totals b { font-size: 13pt; } .totals ul { gap: 1mm 5mm; } img { print-color-adjust: exact; } }
"""
