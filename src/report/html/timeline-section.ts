import type { RunGroup } from '../../figures/run-groups.js';
import type { BackendColors } from './backend-colors.js';
import { titleOf } from './compare-section.js';
import { heatScale } from './heat-scale.js';
import { heatAddresses, heatLegend, inFlightOverTime } from './in-flight-heat.js';
import { element, type MarkupElement } from './markup.js';
import { shareAxisEnd, shareLegend, shareOverTime } from './share-over-time.js';
import { type TimeBin, timelineBins } from './timeline-bins.js';

/** Cells of all heat maps together: they are what makes a page large. */
const mostHeatCells = 900;

function binsOf(shown: readonly RunGroup[]): (readonly [RunGroup, TimeBin[]])[] {
  const rows = shown.reduce((sum, { typical }) => sum + Math.min(16, typical.backends.length), 0);
  const most = Math.max(16, Math.min(60, Math.floor(mostHeatCells / Math.max(1, rows))));
  return shown.map((group) => [group, timelineBins(group.typical, most)]);
}

/** How the share of each backend went. */
export function shareOverTimeSection(shown: readonly RunGroup[], colors: BackendColors): MarkupElement[] {
  const binned = binsOf(shown);
  const end = shareAxisEnd(
    binned.map(([{ typical }, bins]) => [typical, bins] as const),
    colors,
  );
  return [
    element(
      'p',
      { class: 'note' },
      `Dashed: where two shares should meet, drawn only where the run is off.${shown.some(({ typical }) => (typical.failover?.events.length ?? 0) > 0) ? ' Upright lines: a backend was made to fail, or brought back.' : ''}`,
    ),
    element(
      'div',
      { class: 'grid' },
      shareLegend(
        shown.map(({ typical }) => typical),
        colors,
      ),
      binned.map(([group, bins]) => shareOverTime(group.typical, titleOf(group), bins, colors, end)),
    ),
  ];
}

/** How many requests each backend had in flight, on one scale for all runs. */
export function inFlightSection(shown: readonly RunGroup[]): (MarkupElement | undefined)[] {
  const binned = binsOf(shown);
  const scale = heatScale(binned.flatMap(([, bins]) => bins.flatMap(({ inFlight }) => inFlight)));
  const runs = shown.map(({ typical }) => typical);
  const addresses = heatAddresses(runs);
  const most = runs.reduce((longest, { backends }) => Math.max(longest, backends.length), 0);
  const notes = [
    ...(scale.bent ? ['Shades follow the square root, so that what is small still shows.'] : []),
    ...(most > addresses.length
      ? [`Rows: the ${addresses.length} backends whose work differs most; the others are in the JSON report.`]
      : []),
  ];
  return [
    notes.length === 0 ? undefined : element('p', { class: 'note' }, notes.join(' ')),
    heatLegend(scale),
    element(
      'div',
      { class: 'grid' },
      binned.map(([group, bins]) => inFlightOverTime(group.typical, titleOf(group), bins, addresses, scale)),
    ),
  ];
}
