import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'

/**
 * An element as it was read: its children by name without prefix, attributes with an `@` before
 * theirs, its text as `#text`.
 */
export type Element = Readonly<Record<string, unknown>>

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
})
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
})

/** What is wrong with a request's body, in a sentence for the answer. */
export class BodyError extends Error {}

/**
 * The root of a document: its name and what it holds. Throws BodyError for anything that is not a
 * plain XML document.
 */
export function parseXml(text: string): { readonly name: string; readonly element: Element } {
  // Entities of its own are the way to make a small document large.
  if (text.includes('<!DOCTYPE')) throw new BodyError('A document type declaration is not allowed.')
  const valid = XMLValidator.validate(text)
  if (valid !== true) throw new BodyError(`The body is not well-formed XML: ${valid.err.msg}`)
  const document: unknown = parser.parse(text)
  if (!isElement(document)) throw new BodyError('The body is empty.')
  const name = Object.keys(document).find((key) => !key.startsWith('?') && key !== '#text')
  if (name === undefined) throw new BodyError('The body has no root element.')
  return { name, element: childOf(document, name) ?? {} }
}

export function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function childOf(element: Element, name: string): Element | undefined {
  const child = Object.hasOwn(element, name) ? element[name] : undefined
  return isElement(child) ? child : undefined
}

/** The children of a name, of which there may be none, one or many. */
export function childrenOf(element: Element, name: string): Element[] {
  const children = Object.hasOwn(element, name) ? element[name] : undefined
  return (Array.isArray(children) ? children : [children]).filter(isElement)
}

/** The text of a child, or of an attribute (`@name`); undefined where there is no such child. */
export function textOf(element: Element, name: string): string | undefined {
  const child = Object.hasOwn(element, name) ? element[name] : undefined
  if (typeof child === 'string') return child
  return isElement(child) ? (textOf(child, '#text') ?? '') : undefined
}

export function buildXml(document: Element): string {
  return `<?xml version="1.0" encoding="utf-8"?>${builder.build(document)}`
}

const ATOM_NAMESPACE = 'http://www.w3.org/2005/Atom'
const SERVICE_BUS_NAMESPACE = {
  '@xmlns': 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect',
  '@xmlns:i': 'http://www.w3.org/2001/XMLSchema-instance',
}

/** One entity in an answer. */
export interface Entry {
  /** The URL under which it is read. The official client takes the entity's name from it. */
  readonly url: string
  readonly title: string
  readonly createdAt: number
  readonly changedAt: number
  /** Name of the description's element (`QueueDescription`). */
  readonly kind: string
  readonly description: Element
}

const iso = (ms: number) => new Date(ms).toISOString()

function entryOf({ url, title, createdAt, changedAt, kind, description }: Entry): Element {
  return {
    id: url,
    title: { '@type': 'text', '#text': title },
    published: iso(createdAt),
    updated: iso(changedAt),
    link: { '@rel': 'self', '@href': url },
    content: { '@type': 'application/xml', [kind]: { ...SERVICE_BUS_NAMESPACE, ...description } },
  }
}

export function entryXml(entry: Entry): string {
  return buildXml({ entry: { '@xmlns': ATOM_NAMESPACE, ...entryOf(entry) } })
}

export interface Feed {
  readonly url: string
  readonly title: string
  readonly updatedAt: number
  readonly entries: readonly Entry[]
  /** Where the next page is; undefined on the last one. */
  readonly next: string | undefined
}

export function feedXml({ url, title, updatedAt, entries, next }: Feed): string {
  const links = [{ '@rel': 'self', '@href': url }]
  if (next !== undefined) links.push({ '@rel': 'next', '@href': next })
  return buildXml({
    feed: {
      '@xmlns': ATOM_NAMESPACE,
      title: { '@type': 'text', '#text': title },
      id: url,
      updated: iso(updatedAt),
      link: links,
      entry: entries.map(entryOf),
    },
  })
}

export function errorXml(status: number, detail: string): string {
  return buildXml({ Error: { Code: status, Detail: detail } })
}
