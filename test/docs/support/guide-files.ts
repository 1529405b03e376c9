import { generateKeyPairSync } from 'node:crypto'
import { basename } from 'node:path'
import { files, read } from '../../deploy/support.ts'
import { blocksOf } from './page.ts'

/**
 * The block of a page that begins like this. The guides show some files that their commands read.
 */
function shown(page: string, start: string): string {
  const found = blocksOf(page).find(({ body }) => body.startsWith(start))
  if (found === undefined) throw new Error(`${page} shows no file that begins with ${start}`)
  return found.body
}

const EVENTS = read('src/cli/doubles/sample-events.jsonl').split('\n').slice(0, 3).join('\n')
const examples = (folder: string): readonly (readonly [string, string])[] =>
  files(`examples/notices/${folder}/*.json`).map((path) => [`${folder}/${basename(path)}`, read(path)])

/**
 * Files of the reader's own that the commands of the guides read, by their names there. What a page
 * shows of one is taken from the page.
 */
export function guideFiles(): Readonly<Record<string, string>> {
  const key = generateKeyPairSync('ed25519')
  const tenant = blocksOf('docs/start/connect-a-tenant.md').filter(({ language }) => language === 'json')
  return {
    ...Object.fromEntries([...examples('samples'), ...examples('answers')]),
    'samples/hire.json': EVENTS.split('\n')[2] ?? '',
    'first-user.jsonl': tenant[0]?.body ?? '',
    'first-leaver.jsonl': tenant[1]?.body ?? '',
    'domain.jsonata': shown('docs/guides/dead-letters.md', '$ ~>'),
    'names.csv': 'employee,userName\n20033,bob2@contoso.com\n20034,bob3@contoso.com\n',
    'mistaken.txt': '20011\n20012\n',
    'suspended.csv': 'employee\n20011\n20012\n',
    'blocks.csv': 'employee\n20011\n20012\n',
    'employees.csv': 'employee,userName,active\n20030,u30@contoso.com,true\n',
    'people.csv': 'employee;userName;active\n20030;u30@contoso.com;true\n',
    'new.jsonl': EVENTS,
    'first-event.jsonl': EVENTS,
    'events.jsonl': EVENTS,
    'new-rollcall.yaml': '{}',
    'wider.yaml': 'pilot: { employees: [20004, 20011] }',
    'channels.yaml': 'notifications: { channels: { teams: { queue: hr-outcomes } } }',
    'my-values.yaml': read('deploy/helm/rollcall/aks.yaml'),
    'certificate.pem': '',
    'evidence-key.pem': key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'evidence-key.pub': key.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}
