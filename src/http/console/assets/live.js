// Replaces the content of an open page with a newer one. Without it, the page is reloaded by hand.
const EVERY_MS = 5_000
const main = document.querySelector('main[data-live]')
let etag = null
let paused = false
// What the page shows does not change any more.
let over = false

const toggle = document.createElement('button')
toggle.type = 'button'
toggle.className = 'toggle'

function show() {
  toggle.textContent = paused ? 'Refresh again' : 'Pause refresh'
  if (over) toggle.remove()
  else main.querySelector('[data-controls]')?.append(toggle)
}

toggle.addEventListener('click', () => {
  paused = !paused
  show()
})

async function refresh() {
  if (paused || over || document.hidden || String(getSelection()) !== '' || isBeingFilledIn()) return
  const response = await fetch(location.href, {
    headers: { 'rollcall-refresh': '1', ...(etag === null ? {} : { 'if-none-match': etag }) },
    cache: 'no-store',
    redirect: 'manual',
  })
  if (response.type === 'opaqueredirect') return location.reload()
  if (!response.ok) return
  const text = await response.text()
  etag = response.headers.get('etag')
  replaceWith(new DOMParser().parseFromString(text, 'text/html'))
}

// What somebody types or ticks must not be lost.
function isBeingFilledIn() {
  return [...main.querySelectorAll('input:not([type=hidden]), textarea, select')].some(
    (field) =>
      field === document.activeElement ||
      (field.type === 'checkbox'
        ? field.checked !== field.defaultChecked
        : 'defaultValue' in field && field.value !== field.defaultValue),
  )
}

// Tells a link or a button from every other one of the page, also of the next one.
function nameOf(element) {
  const fields = element?.form ? [...new FormData(element.form)] : []
  return element?.getAttribute('href') ?? JSON.stringify([element?.textContent, fields])
}

function replaceWith(newer) {
  const content = newer.querySelector('main')
  if (content === null) return
  const focused = main.contains(document.activeElement) ? document.activeElement : null
  const name = nameOf(focused)
  over = !('live' in content.dataset)
  main.replaceChildren(...content.childNodes)
  const nav = document.querySelector('header nav')
  const newerNav = newer.querySelector('header nav')
  if (nav !== null && newerNav !== null && !nav.contains(document.activeElement)) nav.replaceWith(newerNav)
  show()
  const again =
    focused === toggle
      ? toggle
      : [...main.querySelectorAll('a[href], button')].find((one) => nameOf(one) === name)
  if (focused !== null) (again ?? main).focus({ preventScroll: true })
}

// Where the server says at once that something went on, the page does not wait for its turn.
const told = main.querySelector('[data-events]')?.dataset.events
if (told) {
  const source = new EventSource(told)
  source.addEventListener('progress', () => {
    void refresh()
      .catch(() => {})
      .then(() => main.querySelector('[data-events]') ?? source.close())
  })
}

show()
setInterval(() => void refresh().catch(() => {}), EVERY_MS)
