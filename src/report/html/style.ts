/**
 * The page's style sheet. Series colours tell apart under the common kinds of colour blindness in the order they are
 * used, and each stands out 3 to 1 against its ground (WCAG 1.4.11); text stands out 4.5 to 1.
 */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #fdfdfc; --panel: #f5f5f2; --ink: #1c2128; --soft: #5c6570; --line: #dcdcd6; --edge: #1c212826;
  --good: #17694a; --bad: #b3261e; --doubt: #8a5a00;
  --bar: #7c9cc0; --off: #d0763c; --off-text: #a34a12;
  --heat: #1f5fa8; --heat-ground: #eceeee;
  --others: #a3abb3;
  --series-1: #2f6db5; --series-2: #c2570c; --series-3: #0f8a72; --series-4: #9b4f96;
  --series-5: #957100; --series-6: #c2416b; --series-7: #5b6b7b; --series-8: #7a5230;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #15181c; --panel: #1d2126; --ink: #e4e7ea; --soft: #9aa4af; --line: #343a41; --edge: #000000b0;
    --good: #6fcf9f; --bad: #ff8a80; --doubt: #e8b65a;
    --bar: #56779c; --off: #d98148; --off-text: #f0a472;
    --heat: #6fb1f5; --heat-ground: #23282e;
    --others: #5d6670;
    --series-1: #76aef0; --series-2: #f0995a; --series-3: #52c7a8; --series-4: #d199cf;
    --series-5: #d6b548; --series-6: #f08aa8; --series-7: #a9b7c6; --series-8: #c9a182;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums lining-nums;
}
header, main, footer { max-width: 1128px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1, h2, h3 { line-height: 1.25; font-weight: 600; overflow-wrap: anywhere; text-wrap: balance; }
h1 { font-size: 26px; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 0 0 4px; }
h3 { font-size: 15px; margin: 24px 0 4px; }
p { margin: 0 0 8px; max-width: 76ch; overflow-wrap: anywhere; }
section { margin-top: 44px; }
.first section { margin-top: 24px; }
.remark { color: var(--bad); margin: 4px 0 0; }
.facts, .note { color: var(--soft); font-size: 13.5px; }
.facts { margin: 4px 0 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: 3px; }
:focus-visible { outline: 2px solid var(--series-1); outline-offset: 2px; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 14px 0 0; padding: 0; font-size: 13.5px; }

.verdict { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; margin: 16px 0 0; font-size: 17px; max-width: none; }
.verdict strong { font-size: 20px; }
.pass { color: var(--good); } .fail { color: var(--bad); } .doubt { color: var(--doubt); }
.rules { list-style: none; margin: 10px 0 0; padding: 0; border-top: 1px solid var(--line); }
.rules li { display: grid; grid-template-columns: 7.5em minmax(0, 1fr); gap: 0 16px; padding: 6px 0; border-bottom: 1px solid var(--line); align-items: baseline; }
.rules code { overflow-wrap: anywhere; }
.results { grid-column: 1 / -1; font-size: 13.5px; }
.results p { margin: 0; max-width: none; padding-left: 1.2em; text-indent: -1.2em; }
.results p:only-child { padding-left: 0; text-indent: 0; }
.results .reason { text-indent: 0; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }

.scroll { position: relative; overflow-x: auto; max-width: 100%; }
/* A shadow at an edge behind which there is more: those of the ground move with the table and cover it at either end. */
.scroll {
  background:
    linear-gradient(to right, var(--ground) 30%, transparent) left / 48px 100% no-repeat local,
    linear-gradient(to left, var(--ground) 30%, transparent) right / 48px 100% no-repeat local,
    linear-gradient(to right, var(--edge), transparent) left / 18px 100% no-repeat scroll,
    linear-gradient(to left, var(--edge), transparent) right / 18px 100% no-repeat scroll;
}
table { border-collapse: collapse; font-size: 14px; }
.compare table { min-width: 100%; }
th, td { padding: 5px 0 5px 22px; text-align: right; white-space: nowrap; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th:first-child { padding-left: 0; }
th { font-weight: 500; }
thead th { color: var(--soft); font-weight: 400; font-size: 13px; vertical-align: bottom; }
.text { text-align: left; }
tbody th.text { max-width: 34ch; overflow: hidden; text-overflow: ellipsis; }
td.text { max-width: 60ch; overflow: hidden; text-overflow: ellipsis; }
.best { font-weight: 650; }
.range { display: block; color: var(--soft); font-size: 12px; font-weight: 400; }

.grid { display: grid; grid-template-columns: minmax(0, 1fr); gap: 28px 40px; margin-top: 16px; }
.grid > .legend { grid-column: 1 / -1; margin: -8px 0 -12px; }
.grid > h3 { grid-column: 1 / -1; margin-bottom: -16px; }
figure { margin: 0; min-width: 0; }
figcaption { margin-bottom: 6px; overflow-wrap: anywhere; }
figcaption strong { font-weight: 600; }
.whole { margin-top: 16px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 16px; margin: 2px 0 6px; padding: 0; font-size: 13px; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 7px; overflow-wrap: anywhere; }
.legend svg { flex: none; }
.plot { display: block; width: 100%; height: auto; overflow: visible; font: 15px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; fill: currentColor; }
.axis { fill: var(--soft); }
.axis path { stroke: var(--soft); }
/* Nothing to see but under the pointer, where the browser shows the hint. */
.hints rect { fill: transparent; }
.hints rect:hover { fill: var(--ink); fill-opacity: 0.09; }
.heat-ground { fill: var(--heat-ground); }
.whole-wide { display: none; }
.half, .whole-narrow { max-width: 460px; }
details { margin-top: 6px; font-size: 13.5px; }
summary { color: var(--soft); cursor: pointer; width: fit-content; }
details table { font-size: 13px; margin-top: 4px; }
details th, details td { padding-top: 3px; padding-bottom: 3px; }
pre { margin: 8px 0 0; padding: 14px 16px; background: var(--panel); border-radius: 6px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
section.beware { margin-top: 10px; }
.warnings { margin: 8px 0 0; padding: 0; list-style: none; }
.warnings li { padding: 6px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.warnings code { color: var(--doubt); margin-right: 6px; }
dl { margin: 8px 0 0; }
dl div { display: grid; grid-template-columns: 8.5em 1fr; gap: 0 16px; padding: 3px 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
dd strong { font-weight: 600; }
.advice { margin: 12px 0 0; max-width: none; }
footer { margin-top: 48px; padding-top: 14px; padding-bottom: 36px; color: var(--soft); font-size: 13px; }

@media (max-width: 699px) {
  header, main, footer { padding-left: 16px; padding-right: 16px; }
  header { padding-top: 20px; }
  h1 { font-size: 22px; }
  th, td { padding-left: 14px; }
  tbody th.text { max-width: 20ch; }
  .compare tbody th.text { min-width: 8em; max-width: 13ch; white-space: normal; overflow-wrap: anywhere; }
}
@media (min-width: 560px) {
  .results { grid-column: 2; }
}
@media (min-width: 900px) {
  /* One grid for all rules: what is said of them starts at one edge, however long a rule is. */
  .rules { display: grid; grid-template-columns: max-content fit-content(42%) minmax(0, 1fr); gap: 0 20px; }
  .rules li { grid-column: 1 / -1; grid-template-columns: subgrid; }
  .results { grid-column: auto; }
}
/* Charts are drawn once, and shown 300 to 520 pixels wide: their text shrinks as they grow. */
@media (min-width: 460px) { .plot { font-size: 12.5px; } }
@media (min-width: 700px) {
  .grid:not(.single) { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plot { font-size: 15px; }
  .half { max-width: none; }
  .whole-narrow { display: none; }
  .whole-wide { display: block; font-size: 17px; }
}
@media (min-width: 900px) {
  .plot { font-size: 12.5px; }
  .whole-wide { font-size: 14px; }
}
@media (min-width: 1080px) {
  .plot { font-size: 10.5px; }
  .whole-wide { font-size: 11.5px; }
}
@media print {
  :root { color-scheme: light; }
  body { font-size: 10.5pt; background: none; }
  header, main, footer { padding: 0; max-width: none; }
  nav, details:not([open], .printed) { display: none; }
  details.printed::details-content { content-visibility: visible; block-size: auto; }
  .printed summary { list-style: none; }
  figure, tr, .rules li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; background: none; }
  section { margin-top: 28px; }
  .grid { gap: 20px 32px; }
  .grid:not(.single) { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .grid > .legend { margin: 0 0 -8px; }
  .half { max-width: none; }
  .plot { font-size: 15px; }
  .whole-narrow { display: none; }
  .whole-wide { display: block; font-size: 17px; }
  .plot, .legend svg, .best { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
