import { isForeign } from '../../text/stop-words.ts';
import { contentTerms } from '../../text/terms.ts';
import { wordsIn } from '../../text/words.ts';
import type { PassageInput } from '../tasks.ts';

const limits = { words: 11, characters: 80 };

/** Headings that say where in a text one is instead of what it is about. Lower case. */
const generic = new Set(
  'introduction|overview|conclusion|conclusions|summary|notes|note|faq|references|see also|contents|table of contents|about|background|preface|foreword|more|next steps|further reading|resources|links|tips|tip|example|examples|general|other|misc|home|blog|caution|warning|sample|einleitung|einführung|überblick|übersicht|fazit|zusammenfassung|hinweis|hinweise|inhalt|vorwort|beispiel|beispiele|tipps|avant-propos|présentation|résumé|sommaire|exemple|exemples|remarque|introducción|visión general|conclusión|resumen|ejemplo|ejemplos|nota|índice|prólogo|introduzione|panoramica|conclusione|conclusioni|riepilogo|esempio|esempi|indice|prefazione|introdução|visão geral|conclusão|resumo|exemplo|exemplos|inleiding|overzicht|conclusie|samenvatting|voorbeeld|voorbeelden|inhoud|wstęp|wprowadzenie|podsumowanie|przegląd|przykład|przykłady|spis treści|введение|обзор|заключение|итоги|пример|примеры|содержание|はじめに|概要|まとめ|目次|例|引言|简介|簡介|概述|总结|總結|目录|前言'.split(
    '|',
  ),
);

/**
 * A heading as it may stand in an article: without numbering ("3.2.", "Chapter 4:"), anchors and end marks. Null when
 * it is generic, too long, code, or says nothing.
 */
export function cleanHeading(raw: string): string | null {
  const text = raw
    .replace(/\s+/gu, ' ')
    .replace(
      /^(?:chapter|section|part|step|appendix|kapitel|abschnitt|teil|chapitre|partie|capítulo|sección|capitolo|sezione|seção|hoofdstuk|rozdział|глава|раздел)\s+[\dIVX]+(?:\.\d+)*\s*[:.–—-]?\s*/iu,
      '',
    )
    .replace(/^(?:\d{1,3}(?:\.\d{1,3})*[.):]?|[IVX]{1,5}\.|第\s?[\d一二三四五六七八九十]+\s?[章节節部])\s+/u, '')
    .replace(/^[\s"'“”*#•·–—-]+|[\s:;,.¶#*–—-]+$/gu, '')
    .trim();
  if (text.length < 3 || text.length > limits.characters || wordsIn(text).length > limits.words) return null;
  if (generic.has(text.toLowerCase()) || !/\p{L}{2}/u.test(text)) return null;
  if (/[{}<>\\|`=$;]|\/\w+\/|https?:|\(\)|::/u.test(text)) return null;
  const first = text.charAt(0);
  return /^\p{Ll}[\p{Ll}\s]/u.test(text) ? first.toLocaleUpperCase() + text.slice(1) : text;
}

/** Whether two headings would say the same to a reader. */
export function sameHeading(a: string, b: string, language: string | null): boolean {
  if (a.toLowerCase() === b.toLowerCase()) return true;
  const left = new Set(contentTerms(a, language));
  const right = new Set(contentTerms(b, language));
  const least = Math.min(left.size, right.size);
  if (least === 0) return false;
  let common = 0;
  for (const term of left) if (right.has(term)) common++;
  return common / Math.max(left.size, right.size) >= 0.75 || (least >= 3 && common === least);
}

/**
 * Headings that a group of passages offers, best first: the innermost heading of its passages, the ones above it, the
 * title of the source without the site's name.
 */
export function headingsFor(passages: readonly PassageInput[], language: string | null): string[] {
  const offers: string[] = [];
  const offer = (raw: string | undefined) => {
    const heading = raw === undefined ? null : cleanHeading(raw);
    // "How often" says nothing without the text it stood in.
    if (heading === null || contentTerms(heading, language).length === 0 || isForeign(heading, language)) return;
    if (!offers.includes(heading)) offers.push(heading);
  };
  const paths = passages.map((passage) => (passage.heading ?? '').split(' > ').filter(Boolean));
  for (const path of paths) offer(path.at(-1));
  for (const path of paths) for (const part of path.slice(0, -1).reverse()) offer(part);
  for (const passage of passages) offer(passage.sourceTitle.split(/\s+[|–—-]\s+/u)[0]);
  return offers;
}

/** The two words of content that a group uses most, in the spelling met first: a heading where there is no other. */
export function frequentWords(passages: readonly PassageInput[], language: string | null): string | undefined {
  const counts = new Map<string, { count: number; word: string }>();
  for (const word of wordsIn(passages.map(({ text }) => text).join('\n'))) {
    const [term] = contentTerms(word, language);
    if (term === undefined || word.length < 4 || /\d/u.test(word)) continue;
    const known = counts.get(term);
    if (known) known.count++;
    else counts.set(term, { count: 1, word });
  }
  const most = [...counts.values()].sort((a, b) => b.count - a.count).slice(0, 2);
  const text = most.map(({ word }) => word).join(', ');
  return text === '' ? undefined : text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
