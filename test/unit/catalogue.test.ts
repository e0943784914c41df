import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { words } from '../../web/de/strings.ts';
import { auditWords } from '../../web/strings-account.ts';
import { english, german, kinds, paths, type Said, sampleTexts, say } from '../catalogue.ts';

describe('the catalogues of English and German', () => {
  it('have the same keys in the same places', () => {
    expect([...german.keys()].sort()).toEqual([...paths].sort());
    expect(paths.length).toBeGreaterThan(1_500);
  });

  it('have functions of as many arguments', () => {
    const arity = (said: Said | undefined) => (typeof said === 'function' ? said.length : typeof said);
    expect(paths.filter((path) => arity(english.get(path)) !== arity(german.get(path)))).toEqual([]);
  });

  it('say something wherever the other does', () => {
    const silent = (said: Said | undefined) => sampleTexts(said).some((text) => text.trim() === '');
    expect(paths.filter((path) => silent(english.get(path)) !== silent(german.get(path)))).toEqual([]);
    // Where English says nothing, there is nothing to be said.
    expect(paths.filter((path) => silent(english.get(path))).length).toBeLessThan(20);
  });

  it('tell the reader the same arguments', () => {
    const shown = (said: Said | undefined, kind: (index: number) => unknown) => {
      const sample = say(said, kind);
      return (
        sample &&
        JSON.stringify(sample.given.map((value) => sample.text.toLowerCase().includes(String(value).toLowerCase())))
      );
    };
    // One, none and nothing are said in words by either of them.
    const differing = paths.filter((path) =>
      kinds.slice(0, 5).some((kind) => {
        const [ours, theirs] = [shown(english.get(path), kind), shown(german.get(path), kind)];
        return ours !== null && theirs !== null && ours !== theirs;
      }),
    );
    expect(differing).toEqual([]);
  });

  it('say what is seen on a button in what is said of it to those who listen', () => {
    // "Löschen" is seen, "Backstube löschen" is heard: whoever speaks to their computer says what they see.
    const kept = (said: Map<string, Said>, path: string) => {
      const [seen, heard] = [said.get(path), sampleTexts(said.get(`${path}Of`))[0] ?? ''];
      return typeof seen !== 'string' || heard.toLowerCase().includes(seen.toLowerCase());
    };
    const lost = paths.filter((path) => english.has(`${path}Of`) && kept(english, path) && !kept(german, path));
    expect(lost).toEqual([]);
  });

  it('never show what a program calls nothing', () => {
    const odd = (said: Said | undefined) => sampleTexts(said).some((text) => /undefined|\[object|function/.test(text));
    expect(paths.filter((path) => odd(english.get(path)) || odd(german.get(path)))).toEqual([]);
  });
});

describe('German', () => {
  const texts = paths.flatMap((path) => sampleTexts(german.get(path)).map((text) => ({ path, text })));

  it('has no words of English in it', () => {
    const foreign =
      /\b(the|and|or|of|is|are|were|with|this|that|your|you|not|from|by|it|its|to|for|has|have|yes|be|been|all|save|delete|change|site|sites|topic|topics|post|posts|key|keys|drafts|time|times|day|days|month|week|title|images?|search|sent|send|paid|costs?|users?|queues?|runs?|article)\b/i;
    // "an" and "in" are words of both; these are names of settings, columns and protocols.
    const names =
      /topic, keyword, site, note und sources|topic,keyword|\.md-|„?blog-poster“?|https?:\/\/\S+|Standard Webhooks/g;
    expect(
      texts.filter(({ text }) => foreign.test(text.replace(names, ''))).map(({ path, text }) => `${path}: ${text}`),
    ).toEqual([]);
  });

  it('is not English that was forgotten: long texts differ', () => {
    const same = paths.filter((path) => {
      const [ours, theirs] = [english.get(path), german.get(path)];
      return typeof ours === 'string' && ours === theirs && ours.split(' ').length > 2;
    });
    expect(same).toEqual([]);
  });

  it('has the typography of German', () => {
    const odd = texts.filter(
      ({ text }) =>
        /[“”"][^“”"]*”|"|\w\.\.\.|\S…(?!$)|'/.test(text.replaceAll(/„[^“]*“/g, '')) || / (?=[.,;:!?](\s|$))/.test(text),
    );
    expect(odd.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
  });

  it('speaks to one person as "du", never as "Sie"', () => {
    expect(
      texts.filter(({ text }) => /\b(Ihnen|Ihre[mnrs]?|Ihr)\b|[a-zß,] Sie\b/.test(text)).map(({ text }) => text),
    ).toEqual([]);
  });
});

it('the German chunk needs nothing of the page that waits for it', () => {
  const folder = new URL('../../web/de/', import.meta.url);
  const needed = readdirSync(folder).flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(/^import (type )?.*?from '(.*?)';/gms)]
      .filter(([, isType, from]) => !isType && !from?.startsWith('./'))
      .map(([, , from]) => `${file}: ${from}`),
  );
  expect(needed).toEqual([]);
});

it('the access log has German words for everything that is recorded', () => {
  expect(Object.keys((words.auditWords as typeof auditWords).actions).sort()).toEqual(
    Object.keys(auditWords.actions).sort(),
  );
});
