import type { RoutePath } from '../access/routes.ts'
import type { Visitor } from '../access/visitor.ts'
import { formTokenField } from './forms.ts'
import { type Markup, markup, NOTHING } from './markup.ts'

export interface PageOptions {
  readonly title: string
  readonly body: Markup
  /** The entry of the navigation that the page belongs to; `null` for none. */
  readonly current: RoutePath | null
  /** What the navigation counts; `null` when it is not known. */
  readonly counts: {
    readonly openLeavers: number
    readonly deadLetters: number
    /** By the brake, and for attributes that are missing. */
    readonly held: number
    /** Open ones. */
    readonly findings: number
  } | null
  /** What the search field holds. */
  readonly search?: string
  /** The page is replaced by a newer one while it is open. */
  readonly live?: boolean
  readonly visitor: Visitor
  /** What the action that led here did; `null` without one. */
  readonly done: string | null
}

/** A page with navigation and search. */
export function page(options: PageOptions): Markup {
  const { title, body, search = '', live = false, visitor, done } = options
  return documentOf(
    title,
    markup`<a class="skip" href="#main">Skip to the content</a>
<div class="shell">
<header>
<a class="brand" href="/">Rollcall</a>
${navigation(options)}
${whoAsks(visitor)}
</header>
<div class="content">
<form class="search" role="search" action="/search">
<label for="q">Find an employee or an event</label>
<div class="field"><input id="q" name="q" type="search" value="${search}" maxlength="300" autocomplete="off" spellcheck="false" aria-describedby="q-help"><button class="primary">Find</button></div>
<p id="q-help" class="quiet">By employee id, user name, mail, object id, event id or operation.</p>
</form>
<main id="main" tabindex="-1"${live ? markup` data-live` : NOTHING}>
${done === null ? NOTHING : markup`<p class="done" role="status" tabindex="-1" autofocus>${sentence(done)}</p>`}${body}
</main>
</div>
</div>${live ? markup`<script src="/assets/live.js" defer></script>` : NOTHING}`,
  )
}

/** The name under which the audit trail records actions of this visitor, and the sign-out link. */
function whoAsks(visitor: Visitor): Markup {
  const { actor, by } = visitor
  const signOut = markup`<form method="post" action="/sign-out">${formTokenField(visitor)}<button>Sign out</button></form>`
  return markup`<div class="visitor"><p class="quiet">You are <strong>${actor.name}</strong></p>${by === 'session' ? signOut : NOTHING}</div>`
}

/** A page without navigation: the sign-in, and what is refused before it. */
export function plainPage(title: string, body: Markup, head: Markup = NOTHING): Markup {
  const alone = markup`<main id="main" class="alone"><p class="brand">Rollcall</p>${body}</main>`
  return documentOf(title, alone, head)
}

function documentOf(title: string, body: Markup, head: Markup = NOTHING): Markup {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Rollcall</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/console.css">${head}
</head>
<body>
${body}
</body>
</html>
`
}

function navigation({ current, counts }: PageOptions): Markup {
  const entry = (path: RoutePath, name: string, more: Markup = NOTHING): Markup =>
    markup`<li><a href="${path}"${path === current ? markup` aria-current="page"` : NOTHING}>${name}${more}</a></li>`
  const leavers = counts?.openLeavers
    ? markup` <span class="count bad">${counted(counts.openLeavers)} open</span>`
    : NOTHING
  const failures = counts?.deadLetters
    ? markup` <span class="count">${counted(counts.deadLetters)}</span>`
    : NOTHING
  const held = counts?.held ? markup` <span class="count">${counted(counts.held)}</span>` : NOTHING
  const findings = counts?.findings
    ? markup` <span class="count">${counted(counts.findings)}</span>`
    : NOTHING
  const entries = [
    entry('/', 'Now'),
    entry('/leavers', 'Leavers', leavers),
    entry('/failures', 'Failures', failures),
    entry('/held', 'Held', held),
    entry('/findings', 'Findings', findings),
    entry('/replays', 'Replays'),
    entry('/audit', 'Audit'),
    entry('/configuration', 'Configuration'),
  ]
  return markup`<nav aria-label="Main"><ul>${entries}</ul></nav>`
}

const NUMBER = new Intl.NumberFormat('en-GB')

/** A number as people read it: `14,525`. */
export const counted = (count: number): string => NUMBER.format(count)

/** `1 case`, `2 cases`: a number always has its unit. */
export const unit = (count: number, one: string, many = `${one}s`): string =>
  `${counted(count)} ${count === 1 ? one : many}`

/** A clause as a sentence. Ids keep their first letter as it is. */
export function sentence(text: string): string {
  return /^[a-z]+[ ,:]/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : `${text}.`
}

/** What to say where a list is empty or something is missing, and what to do. */
export function notice(title: string, text: string, more: Markup = NOTHING): Markup {
  return markup`<section class="card notice"><h2>${title}</h2><p>${text}</p>${more}</section>`
}
