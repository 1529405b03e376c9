import type { Proof } from '../../../compose/check/proof.ts'
import { displayValue } from '../../../core/display/personal.ts'
import { type Column, commands, listTable } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { lasting, type Times } from '../times.ts'
import type { ConfigurationPage, InstanceRow } from './read.ts'

/**
 * What this process runs with: instances and versions, checks, the mapping on a sample, and every
 * setting, masked.
 */
export function configurationView(page: ConfigurationPage, times: Times): Markup {
  return markup`<div class="heading"><h1>Configuration</h1><p class="quiet">In force in this process. It is read at the start: a change takes a restart.</p></div>
${versions(page)}
<h2 class="section">Instances</h2>
${instanceTable(page, times)}
<h2 class="section">Checks</h2>
${checks(page.proofs)}
<h2 class="section">Mapping on a sample</h2>
${sample(page)}
<h2 class="section" id="settings">Settings</h2>
<p class="quiet">${page.file === null ? 'From the environment, without a file.' : markup`The environment over <code>${page.file}</code>.`} Secrets are masked. <code>rollcall config print</code> prints the same.</p>
<section class="card"><pre class="yaml" tabindex="0" aria-labelledby="settings"><code>${page.yaml
    .trimEnd()
    .split('\n')
    .map((line) => markup`${line}\n`)}</code></pre></section>`
}

function versions({ versions: { release, node, schema } }: ConfigurationPage): Markup {
  return markup`<section class="card" aria-label="Versions"><dl class="figures"><div><dt>Rollcall</dt><dd><strong>${release}</strong></dd></div><div><dt>Node</dt><dd><strong>${node}</strong></dd></div><div><dt>Schema of the ledger</dt><dd><strong>version ${schema}</strong></dd></div></dl></section>`
}

const STATE_TONES: Readonly<Record<InstanceRow['state'], string>> = {
  alive: 'done',
  lost: 'dead',
  replaced: '',
  ended: '',
}

function instanceTable({ instances }: ConfigurationPage, times: Times): Markup {
  if (instances === null) return markup`<p class="quiet">Not known while the ledger does not answer.</p>`
  if (instances.length === 0) return markup`<p class="quiet">None ran on this ledger in the last 7 days.</p>`
  const columns: readonly Column<InstanceRow>[] = [
    {
      name: 'Instance',
      cell: ({ name, host }) =>
        markup`<strong>${name}</strong>${name === host ? NOTHING : markup`<br><span class="quiet">on ${host}</span>`}`,
    },
    {
      name: 'State',
      cell: ({ state, seenAt }) =>
        markup`<span class="state ${STATE_TONES[state]}">${state}</span><br><span class="quiet">seen ${lasting(times.at - seenAt)} ago</span>`,
    },
    { name: 'Since', cell: ({ startedAt }) => times.element(startedAt) },
    { name: 'Release', cell: ({ version }) => version },
    { name: 'Runs', cell: ({ loops }) => loops.join(', ') },
    {
      name: 'Differs from this one in',
      cell: ({ differs }) =>
        differs.length === 0 ? markup`<span class="quiet">nothing</span>` : differs.join(', '),
    },
  ]
  return listTable('Instances, the last to start first', columns, instances)
}

const OUTCOMES: Readonly<Record<Proof['outcome'], readonly [tone: string, word: string]>> = {
  ok: ['done', 'ok'],
  failed: ['dead', 'failed'],
  'not known': ['held', 'look'],
}

/** The checks that go out are left to the command: a page calls no service. */
function checks(proofs: readonly Proof[]): Markup {
  const columns: readonly Column<Proof>[] = [
    { name: 'Check', cell: ({ what }) => what },
    {
      name: 'Result',
      cell: ({ outcome }) =>
        markup`<span class="state ${OUTCOMES[outcome][0]}">${OUTCOMES[outcome][1]}</span>`,
    },
    { name: 'What was found', cell: ({ say }) => say },
  ]
  return markup`<p class="quiet">Made of the configuration alone, when this process started to show it. Bus, log, job and HR systems are tested by the command, which changes nothing:</p>
${commands(['rollcall check'])}
${listTable('Checks', columns, proofs)}`
}

function sample({ sample: places }: ConfigurationPage): Markup {
  if (places === null)
    return markup`<p class="quiet">An expression could not be computed at the moment. Load the page again, or try <code>rollcall shape test</code>.</p>`
  const columns: readonly Column<NonNullable<ConfigurationPage['sample']>[number]>[] = [
    { name: 'Place in the record', cell: ([place]) => markup`<code>${place}</code>` },
    { name: 'Value for the sample', cell: ([, value]) => displayValue(value) },
  ]
  return markup`<p class="quiet">The record of an employee who does not exist. What your own payloads become shows <code>rollcall shape test</code>.</p>${listTable('Mapping on a sample', columns, places)}`
}
