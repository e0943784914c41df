import { isForeign } from '../../text/stop-words.ts';
import { countWords } from '../../text/words.ts';
import { cuesFor } from './cues.ts';

/** Words of a sentence that is worth quoting. Scripts without spaces are cut into more and shorter words. */
const lengths = { min: 6, max: 45, itemMin: 4, itemMax: 32 };
const denseFactor = 1.7;

const dense = (text: string) => /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u.test(text);
const limit = (words: number, text: string) => (dense(text) ? Math.round(words * denseFactor) : words);

const ending = /[.!…。！।؟]["'”’»」』)\]]*$/u;
export const isQuestion = (text: string) => /[?？؟;]["'”’»」』)\]]*$/u.test(text);

/**
 * Whether a sentence of a source may stand in an article at all: a whole, finished statement of fitting length, no code,
 * no table row, nothing that points at a figure or another section, nobody speaking of himself, no words of the site's
 * own furniture, nothing that talks to a machine that reads it.
 */
export function isQuotable(text: string, language: string | null): boolean {
  const words = countWords(text);
  if (words < lengths.min || words > limit(lengths.max, text)) return false;
  // Thai writes no full stop.
  const ends = ending.test(text) || /\p{sc=Thai}["'”’»」』)\]]*$/u.test(text);
  if (!ends || !/^["'“„«‘「(¿¡]*[\p{Lu}\p{Lt}\p{Lo}\p{N}]/u.test(text)) return false;
  return !isBroken(text) && isPlain(text, language) && !isForeign(text, language);
}

/** Whether an item of a list may be quoted: shorter than a sentence, and it needs no full stop. */
export function isQuotableItem(text: string, language: string | null): boolean {
  const words = countWords(text);
  if (words < lengths.itemMin || words > limit(lengths.itemMax, text)) return false;
  return !/[:：,]$/u.test(text) && !isQuestion(text) && !isBroken(text) && isPlain(text, language);
}

/** Whether a sentence can be read without the one before it. */
export function standsAlone(text: string, language: string | null): boolean {
  return !cuesFor(language).openers.test(text) && !leansBack(text, language);
}

/** Whether a sentence begins on its own and then points back ("Ideally, this decision ..."): readable, if need be. */
export function leansBack(text: string, language: string | null): boolean {
  const cues = cuesFor(language);
  return cues.backward.test(text) && !cues.openers.test(text);
}

function isPlain(text: string, language: string | null): boolean {
  const cues = cuesFor(language);
  return !cues.references.test(text) && !cues.firstPerson.test(text) && !furniture.test(text) && !toMachines.test(text);
}

/** Menus, consent boxes, appeals and imprints, in the languages where they are met most. */
const furniture =
  /\b(cookies?|newsletter|subscribe|sign[ -]?up (?:for|to)|log ?in to (?:comment|reply)|all rights reserved|copyright|©|privacy policy|terms of (?:use|service)|javascript is|enable javascript|share (?:this|on)|follow us|leave a (?:comment|reply)|posted (?:on|by)|updated on|advertisement|sponsored|contact us|buy now|add to cart|free trial|abonnieren|datenschutzerklärung|alle rechte vorbehalten|impressum|inscrivez-vous|tous droits réservés|suscríbete|todos los derechos|tutti i diritti|iscriviti|todos os direitos)\b/iu;

/** Text that is written for a model instead of a reader. It would do nothing here, but no customer should read it. */
const toMachines =
  /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules|above|previous)\b|\b(?:system|developer) prompt\b|\bas an ai\b|\byou are (?:now )?(?:an? )?(?:ai|assistant|language model|chatbot|dan)\b|\blanguage model\b.{0,30}\b(?:must|should|please)\b|<\/?(?:input|system|instructions?|user|assistant)\b|^(?:task|system|assistant|user):|\banweisungen\b.{0,30}\bignorier|\bignorier\p{L}*\b.{0,40}\banweisung|\bignorez\b.{0,40}\binstructions?\b|\bignora\b.{0,40}\binstrucciones\b/iu;

function isBroken(text: string): boolean {
  if (
    /[{}<>\\|`=~^]|%[A-Za-z]|\(\w[\w-]*: [\w%]+\)|\p{Ll}\/\p{Ll}{3,}|\$\w|;$|\t|https?:|www\.|@\w|(^|\s)--?\w|#\s|\(\)|::|\[\d*\]|_{2,}|\.{4,}|\s[*+]\s/u.test(
      text,
    )
  )
    return true;
  if (
    unbalanced(text, '(', ')') ||
    unbalanced(text, '[', ']') ||
    unbalanced(text, '“', '”') ||
    unbalanced(text, '«', '»')
  )
    return true;
  if ((text.match(/"/gu) ?? []).length % 2 === 1) return true;
  // Two paths, or a word of code per eight words, make a line for a terminal and not for a reader.
  const machine =
    text.match(
      /(^|\s)["'(]?(\/[\w.-]+)+|\b\w+_\w+\b|\b[\w-]+\.(?:conf|cfg|list|txt|html|php|js|deb|sh|gz|iso|img|ini|log|org|net|com)\b/gu,
    ) ?? [];
  if (machine.length > 1) return true;
  const visible = text.replace(/\s/gu, '');
  const letters = visible.match(/[\p{L}\p{M}]/gu)?.length ?? 0;
  return letters / visible.length < 0.75;
}

function unbalanced(text: string, open: string, close: string): boolean {
  return text.split(open).length !== text.split(close).length;
}
