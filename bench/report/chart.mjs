import { axisFor } from './axis.mjs';
import { coloursOf } from './palette.mjs';
import { describe, short, times } from './statistics.mjs';

const WIDTH = 860;
const MARGIN = 20;
const LEGEND_LINE = 20;
const BAR = 15;
const GAP = 18;
/** For a bar's figure and ratio, behind the longest of them. */
const LABELS = 118;
const AXIS = 48;

// The card is opaque: the text can be read whatever the page behind it looks like.
const STYLE = `
    text { font: 12px system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, Arial, sans-serif; fill: #24292f; }
    .title { font-size: 15px; font-weight: 600; }
    .case, .ratio { font-weight: 600; }
    .figure { stroke: #ffffff; stroke-width: 3; paint-order: stroke; }
    .quiet { fill: #57606a; }
    .card { fill: #ffffff; stroke: #d0d7de; }
    .grid { stroke: #d8dee4; }
    .bar { stroke: #24292f; stroke-opacity: 0.35; stroke-width: 0.5; }
    .halo { stroke: #ffffff; stroke-width: 3; fill: none; }
    .whisker { stroke: #24292f; fill: none; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .quiet { fill: #9da7b3; }
      .card { fill: #161b22; stroke: #30363d; }
      .grid { stroke: #30363d; }
      .bar { stroke: #e6edf3; }
      .halo, .figure { stroke: #161b22; }
      .whisker { stroke: #e6edf3; }
    }
  `;

/** One scenario as an SVG image: bars grouped by case, lying down so that each has room for its name and figures. */
export function drawChart({ title, unit, higherIsBetter, baseline, contenders, rows }) {
  const ids = contenders.map(({ id }) => id);
  const colours = coloursOf(ids);
  const groups = rows.map(({ label, samples }) => groupOf(label, samples, ids, baseline));
  const axis = axisFor(groups.flatMap(({ bars }) => bars.map(({ figure }) => figure)));
  const left = MARGIN + Math.max(...groups.map(({ label }) => widthOf(label) * 1.1), ...ids.map(widthOf)) + 10;
  const scale = { left, width: WIDTH - MARGIN - LABELS - left, at: axis.at };

  const parts = [];
  let y = MARGIN + 14;
  for (const line of wrap(title, (WIDTH - 2 * MARGIN) / 1.35)) {
    parts.push(text(MARGIN, y, line, 'title'));
    y += 20;
  }
  const better = `${unit}, ${higherIsBetter ? 'more' : 'less'} is better. Bars: medians`;
  const ratios = ids.includes(baseline) && ids.length > 1 ? `, and × ${baseline}` : '';
  parts.push(text(MARGIN, y, `${better}${ratios}. Lines: least and most of the rounds`, 'quiet'));
  y += 14;
  const legend = drawLegend(contenders, colours, y);
  parts.push(...legend.parts);
  y = legend.bottom + 12;

  const top = y;
  const bars = [];
  for (const group of groups) {
    bars.push(text(MARGIN, y + 12, group.label, 'case'));
    y += BAR + 4;
    for (const bar of group.bars) {
      bars.push(...drawBar(bar, colours[ids.indexOf(bar.id)], scale, y));
      y += BAR;
    }
    y += GAP;
  }
  parts.push(...drawAxis(axis, scale, top, y - GAP / 2, unit), ...bars);
  return svg(y - GAP / 2 + AXIS, title, describeGroups(groups, unit), parts);
}

function groupOf(label, samples, ids, baseline) {
  const base = describe(samples[baseline])?.median;
  const bars = [];
  for (const id of ids) {
    const figure = describe(samples[id]);
    if (figure === undefined) continue;
    bars.push({ id, figure, ratio: base === undefined || id === baseline ? '' : times(figure.median / base) });
  }
  return { label, bars };
}

function drawBar({ id, figure: { median, min, max }, ratio }, colour, { left, width, at }, y) {
  const [end, low, high] = [median, min, max].map((number) => left + width * at(number));
  const middle = y + BAR / 2;
  const ratioPart = ratio === '' ? '' : `<tspan class="ratio" dx="7">${ratio}</tspan>`;
  const whisker = `M${fixed(low)} ${middle}H${fixed(high)}M${fixed(low)} ${middle - 3}v6M${fixed(high)} ${middle - 3}v6`;
  return [
    text(left - 8, y + 11, id, 'quiet', 'end'),
    `<rect class="bar" x="${fixed(left)}" y="${y + 1}" width="${fixed(end - left)}" height="${BAR - 2}" fill="${colour}"/>`,
    ...(max > min ? [`<path class="halo" d="${whisker}"/>`, `<path class="whisker" d="${whisker}"/>`] : []),
    `<text class="figure" x="${fixed(Math.max(end, high) + 6)}" y="${y + 12}">${short(median)}${ratioPart}</text>`,
  ];
}

function drawAxis({ ticks, isLogarithmic }, { left, width, at }, top, bottom, unit) {
  const parts = [];
  for (const tick of ticks) {
    const x = fixed(left + width * at(tick));
    parts.push(
      `<path class="grid" d="M${x} ${top}V${bottom}"/>`,
      text(x, bottom + 16, tickText(tick), 'quiet', 'middle'),
    );
  }
  const name = isLogarithmic ? `${unit}, logarithmic scale: each line is ten times the one before` : unit;
  parts.push(text(left + width / 2, bottom + 34, name, 'quiet', 'middle'));
  return parts;
}

function drawLegend(contenders, colours, top) {
  const parts = [];
  let [x, y] = [MARGIN, top];
  contenders.forEach(({ id, name }, index) => {
    const label = name === id ? id : `${id}: ${name}`;
    const width = 18 + widthOf(label) + 18;
    if (x > MARGIN && x + width > WIDTH - MARGIN) [x, y] = [MARGIN, y + LEGEND_LINE];
    parts.push(`<rect class="bar" x="${fixed(x)}" y="${y}" width="12" height="12" fill="${colours[index]}"/>`);
    parts.push(text(x + 18, y + 10.5, label));
    x += width;
  });
  return { parts, bottom: y + LEGEND_LINE };
}

/** What a reader hears who does not see the bars. */
function describeGroups(groups, unit) {
  const ofBar = ({ id, figure, ratio }) => `${id} ${short(figure.median)}${ratio === '' ? '' : ` (${ratio})`}`;
  const ofGroup = ({ label, bars }) => `${label}: ${bars.map(ofBar).join(', ')}`;
  return `Medians in ${unit}. ${groups.map(ofGroup).join('; ')}.`;
}

function svg(height, title, description, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">
  <title id="title">${escape(title)}</title>
  <desc id="desc">${escape(description)}</desc>
  <style>${STYLE}</style>
  <rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
  ${parts.join('\n  ')}
</svg>
`;
}

function text(x, y, content, kind, anchor) {
  const attributes = `${kind ? ` class="${kind}"` : ''}${anchor ? ` text-anchor="${anchor}"` : ''}`;
  return `<text x="${fixed(x)}" y="${y}"${attributes}>${escape(content)}</text>`;
}

/** An estimate, on the wide side: the reader's font is not known here. */
function widthOf(string) {
  return string.length * 7;
}

function wrap(string, width) {
  const lines = [''];
  for (const word of string.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** 250000 → "250k", 0.025 → "0.025": without the digits that are always 0. */
function tickText(value) {
  const [unit, suffix] = value >= 1e6 ? [1e6, 'M'] : value >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${Number((value / unit).toPrecision(3))}${suffix}`;
}

function fixed(number) {
  return Number(Number(number).toFixed(1));
}

function escape(string) {
  return string.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
