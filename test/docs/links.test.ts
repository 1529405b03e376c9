import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const PAGES = [...globSync('*.md', { cwd: root }), ...globSync('{docs,examples}/**/*.md', { cwd: root })]

/** The text of a page without its code: a link in an example leads nowhere. */
const prose = (path: string): string =>
  readFileSync(join(root, path), 'utf8')
    .replaceAll(/^(```+)[^\n]*\n[\s\S]*?^\1$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '))

/** The anchors that code hosts make of the headings of a page. */
function anchorsOf(path: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  return new Set(
    [...prose(path).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => {
      const slug = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .trim()
        .replaceAll(' ', '-')
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count === 0 ? slug : `${slug}-${count}`
    }),
  )
}

const linksOf = (path: string): readonly string[] =>
  [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

/** What is wrong with a relative link, or `null`. */
function brokenLink(page: string, target: string): string | null {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : relative(root, join(root, dirname(page), path))
  if (!existsSync(join(root, file))) return `${page}: ${target}: no such file`
  if (anchor === undefined) return null
  if (!statSync(join(root, file)).isFile() || !file.endsWith('.md')) return `${page}: ${target}: not a page`
  return anchorsOf(file).has(anchor) ? null : `${page}: ${target}: no such heading`
}

void describe('links between pages', () => {
  void test('every relative link leads to a file, and every anchor to a heading', () => {
    const links = PAGES.flatMap((page) => linksOf(page).map((target) => ({ page, target })))
    assert.ok(links.length > 50, `only ${links.length} links were found`)
    assert.deepEqual(
      links.map(({ page, target }) => brokenLink(page, target)).filter((problem) => problem !== null),
      [],
    )
  })

  void test('every page can be reached from the README', () => {
    const reached = new Set<string>()
    const waiting = ['README.md']
    for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
      if (reached.has(page)) continue
      reached.add(page)
      for (const target of linksOf(page)) {
        const [path = ''] = target.split('#')
        if (path.endsWith('.md')) waiting.push(relative(root, join(root, dirname(page), path)))
      }
    }
    assert.deepEqual(
      PAGES.filter((page) => page.startsWith('docs/') && !reached.has(page)),
      [],
    )
  })

  void test('a broken link is seen', () => {
    assert.match(brokenLink('README.md', 'docs/none.md') ?? '', /no such file/)
    assert.match(brokenLink('README.md', 'docs/glossary.md#none') ?? '', /no such heading/)
    assert.equal(brokenLink('docs/glossary.md', '../README.md#what-it-guarantees'), null)
  })
})
