/** Prints one comparison as a Markdown table; the first tool is compared with each of the others, round by round. */
export function printTable(title, results) {
  const [[own, ownRounds]] = results;
  const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
  console.log(`\n### ${title}\n`);
  row(['tool', 'requests/s', `${own} / it`, 'CPU µs a request', `${own} / it`]);
  row(['---', '---:', '---:', '---:', '---:']);
  for (const [name, rounds] of results) {
    const ratio = (figure) => rounds.map((round, i) => ownRounds[i][figure] / round[figure]);
    row([
      name,
      Math.round(median(rounds.map(({ perSec }) => perSec))),
      name === own ? '' : spread(ratio('perSec')),
      median(rounds.map(({ cpuUs }) => cpuUs)).toFixed(1),
      name === own ? '' : spread(ratio('cpuUs')),
    ]);
  }
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function spread(values) {
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;
}
