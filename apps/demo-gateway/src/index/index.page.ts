/**
 * One page without a build: the servers as they come and go, and what one can do to them. It asks the gateway what
 * anybody may ask it, and puts in names as text, never as HTML.
 * @param gateway what a game server needs as its `GATEWAY`
 */
export function indexPage(gateway: string): string {
  return PAGE.replaceAll('{{gateway}}', gateway.replaceAll('&', '&amp;').replaceAll('<', '&lt;'));
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nest-zmq: a gateway and its game servers</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #1a7f4b; --bad: #c4402f; --accent: #3567c8; }
  @media (prefers-color-scheme: dark) { :root { --good: #4cc38a; --bad: #ff8a75; --accent: #84aaf5; } }
  * { box-sizing: border-box; }
  body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1.25rem 3rem; font: 16px/1.5 system-ui, sans-serif; }
  h1 { margin: 0; font-size: 1.5rem; }
  h2 { margin: 2rem 0 .5rem; font-size: 1rem; }
  p { margin: .25rem 0 0; }
  .quiet { opacity: .7; }
  .up { color: var(--good); } .down { color: var(--bad); }
  .numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
  .numbers div { padding: .6rem .9rem; border: 1px solid var(--line); border-radius: .5rem; }
  .numbers b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
  .wide { overflow-x: auto; }
  table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
  th, td { padding: .4rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }
  th { font-weight: 600; font-size: .85rem; }
  th:first-child, td:first-child { text-align: left; padding-left: 0; }
  th:last-child, td:last-child { padding-right: 0; }
  td:first-child { font-weight: 600; }
  .badge { margin-left: .5rem; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .75rem; font-weight: 400; }
  .actions { display: flex; flex-wrap: wrap; gap: .5rem; }
  button { padding: .45rem .9rem; border: 1px solid var(--accent); border-radius: .5rem; background: none; color: var(--accent); font: inherit; cursor: pointer; }
  button:hover { background: var(--soft); }
  button:disabled { opacity: .5; cursor: default; }
  code { display: block; padding: .6rem .9rem; border-radius: .5rem; background: var(--soft); font-size: .85rem; overflow-x: auto; white-space: pre; }
  ol { list-style: none; margin: .75rem 0 0; padding: 0; min-height: 7.5rem; }
  li { overflow-wrap: anywhere; }
  a { color: var(--accent); }
</style>
</head>
<body>
<h1>A gateway and its game servers</h1>
<p class="quiet">Calls, events and tasks over ZeroMQ with nest-zmq: no broker, and no list of servers. Each has dialled the gateway.</p>
<p><span id="health" class="quiet">Asking the servers …</span></p>

<section class="numbers" aria-label="The whole cluster">
  <div><b id="calls">–</b> calls answered</div>
  <div><b id="time">–</b> per call, at its server</div>
  <div><b id="events">–</b> events heard</div>
  <div><b id="tasks">–</b> tasks done</div>
  <div><b id="matches">–</b> matches played</div>
</section>

<h2>Servers</h2>
<div class="wide"><table>
  <thead><tr><th>server</th><th>up</th><th>calls</th><th>in flight</th><th>events</th><th>tasks</th><th>players</th><th>address</th></tr></thead>
  <tbody id="servers"></tbody>
</table></div>

<h2>Try it</h2>
<div class="actions">
  <button data-do="join">A call: join a player</button>
  <button data-do="crowd">100 calls at once</button>
  <button data-do="match">A task: play a match</button>
  <button data-do="announce">An event: tell all servers</button>
</div>
<ol id="log" aria-live="polite"></ol>

<h2>One more server, while it runs</h2>
<code>GATEWAY={{gateway}} node dist/apps/demo-worker/apps/demo-worker/src/main.js</code>
<p class="quiet">Then end one: Ctrl+C drains it, and no call fails; after kill -9 the calls that it had fail at once.</p>

<p style="margin-top: 2rem"><a href="/health">Health</a> · <a href="/metrics">Metrics</a> · <a href="/servers">Servers</a></p>

<script>
const at = (id) => document.getElementById(id);
const show = (value) => (value === undefined ? '–' : value.toLocaleString('en'));

async function ask(method, path, body) {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

/* servers, as they come and go */
let servers = [];
const stream = new EventSource('/servers/live');
stream.onmessage = ({ data }) => { servers = JSON.parse(data).servers; draw(); };
stream.onerror = () => { servers = []; draw('The gateway is gone; waiting for it to come back.'); };
setInterval(() => servers.length > 0 && draw(), 1000);

function upTime(since) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1000));
  return Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0');
}

function draw(nobody = 'No game server is connected.') {
  const rows = servers
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }))
    .map(({ name, connectedSince, inFlight, address, draining, reported }) => {
      const row = document.createElement('tr');
      const { handled, players } = reported ?? {};
      const cells = [name, upTime(connectedSince), show(handled?.calls), show(inFlight), show(handled?.events), show(handled?.tasks), show(players), address];
      for (const cell of cells) row.insertCell().textContent = cell;
      if (draining) row.cells[0].append(Object.assign(document.createElement('span'), { className: 'badge', textContent: 'draining' }));
      return row;
    });
  if (rows.length === 0) {
    const row = document.createElement('tr');
    Object.assign(row.insertCell(), { colSpan: 8, textContent: nobody, style: 'font-weight: 400' });
    rows.push(row);
  }
  at('servers').replaceChildren(...rows);
}

/* health and metrics, every two seconds */
async function look() {
  try {
    const { status, body } = await ask('GET', '/health');
    const { peers = [], peersUp = 0 } = body.details['game-servers'];
    const silent = peers.filter(({ up }) => !up).map(({ name, address }) => name ?? address);
    at('health').textContent = (status === 200 ? 'Healthy: ' : 'Not healthy: ') + peersUp + ' of ' + peers.length + ' servers answer' +
      (silent.length > 0 ? '; silent: ' + silent.join(', ') : '');
    at('health').className = status === 200 ? 'up' : 'down';
    numbers(await (await fetch('/metrics')).text());
    at('matches').textContent = show((await ask('GET', '/matchmaking')).body.matches);
  } catch {
    at('health').textContent = 'The gateway does not answer';
    at('health').className = 'down';
  }
  setTimeout(look, 2000);
}

/* what Prometheus reads, summed over the game servers */
function numbers(text) {
  const sums = new Map();
  const of = (name) => sums.get('nest_zmq_' + name) ?? 0;
  for (const [, name, labels, value] of text.matchAll(/^(\\w+)\\{(.*)\\} (\\S+)$/gm)) {
    // the gateway's own server takes the reports, and for the metrics it asks because this page does
    if (labels.includes('process="gateway"') || labels.includes('pattern="metrics"')) continue;
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  const calls = of('server_call_duration_seconds_count');
  at('calls').textContent = show(calls);
  at('time').textContent = calls === 0 ? '–' : ((of('server_call_duration_seconds_sum') / calls) * 1000).toFixed(2) + ' ms';
  at('events').textContent = show(of('server_events_received_total'));
  at('tasks').textContent = show(of('workers_done_total'));
}

/* what one can do */
function tell(line) {
  at('log').prepend(Object.assign(document.createElement('li'), { textContent: line }));
  while (at('log').children.length > 5) at('log').lastChild.remove();
}

const NAMES = ['Ada', 'Bea', 'Cid', 'Dora', 'Eli', 'Fay', 'Gus', 'Hana', 'Ivo', 'Jin'];
/** A name is taken once: by chance, this one is free. */
function newName() {
  const name = NAMES[Math.floor(Math.random() * NAMES.length)];
  return name + ' ' + Math.random().toString(36).slice(2, 8);
}

async function join() {
  const from = performance.now();
  const { status, body } = await ask('POST', '/players', { name: newName() });
  return { ok: status === 201, body, ms: (performance.now() - from).toFixed(1) };
}

const failed = (body) => 'Failed: ' + (body.error ?? '') + ' ' + (body.message ?? '');

const ACTIONS = {
  async join() {
    const { ok, body, ms } = await join();
    tell(ok ? body.name + ' plays on ' + body.server + ' (' + ms + ' ms)' : failed(body));
  },
  async crowd() {
    const from = performance.now();
    const answers = await Promise.all(Array.from({ length: 100 }, join));
    const ms = (performance.now() - from).toFixed(0);
    const counts = new Map();
    for (const { ok, body } of answers) {
      const who = ok ? body.server : (body.error ?? 'error');
      counts.set(who, (counts.get(who) ?? 0) + 1);
    }
    const shares = [...counts].toSorted().map(([who, count]) => who + ' ' + count).join(', ');
    tell('100 calls in ' + ms + ' ms: ' + shares);
  },
  async match() {
    const players = await Promise.all([join(), join()]);
    const bad = players.find(({ ok }) => !ok);
    if (bad) return tell(failed(bad.body));
    const [{ body: ticket }] = await Promise.all(players.map(({ body }) => ask('POST', '/matchmaking', { playerId: body.id })));
    for (let tries = 0; tries < 50; tries += 1) {
      const { body } = await ask('GET', '/matchmaking/' + ticket.ticket);
      if (body.state === 'played') {
        const names = new Map(players.map(({ body: player }) => [player.id, player.name]));
        const { winner, loser, score, server } = body.match;
        const name = ({ playerId }) => names.get(playerId) ?? 'somebody else';
        return tell(name(winner) + ' beat ' + name(loser) + ' ' + score.join(':') + ', played on ' + server);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    tell('No server has played the match yet');
  },
  async announce() {
    const text = 'It is ' + new Date().toLocaleTimeString('en');
    const { status, body } = await ask('POST', '/announcements', { text });
    tell(status === 202 ? 'All servers are told: ' + text : failed(body));
  },
};

for (const button of document.querySelectorAll('button')) {
  button.onclick = async () => {
    button.disabled = true;
    await ACTIONS[button.dataset.do]().catch((error) => tell(String(error)));
    button.disabled = false;
  };
}

draw('Waiting for the list of servers.');
look();
</script>
</body>
</html>
`;
