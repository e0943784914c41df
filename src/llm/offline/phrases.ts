import { baseLanguage } from '../../text/language.ts';

/** The few words that the offline writer says itself. None of them states a fact about the subject. */
export interface Phrases {
  /** Said once, in the introduction: what kind of text this is. */
  disclosure: string;
  keyPoints: string;
  questions: string;
  /** Used when a paragraph turns to another source; each at most once in an article. */
  links: readonly string[];
  overview: (subject: string) => string;
  essentials: (subject: string) => string;
  angle: (subject: string) => string;
}

type Row = [
  disclosure: string,
  keyPoints: string,
  questions: string,
  overview: string,
  essentials: string,
  angle: string,
  links: string[],
];

const rows: Record<string, Row> = {
  en: [
    'This article is a compilation of excerpts from the sources cited in it.',
    'Key points',
    'Questions and answers',
    '{}: an overview',
    '{}: the essentials',
    'What the cited sources say about {}',
    [
      'Another source adds to this.',
      'A further point comes from a different source.',
      'There is also another view of the matter.',
    ],
  ],
  de: [
    'Dieser Artikel ist aus Auszügen der genannten Quellen zusammengestellt.',
    'Das Wichtigste in Kürze',
    'Fragen und Antworten',
    '{}: ein Überblick',
    '{}: das Wichtigste',
    'Was die genannten Quellen über {} sagen',
    [
      'Eine weitere Quelle ergänzt dies.',
      'Ein anderer Punkt kommt aus einer anderen Quelle.',
      'Dazu gibt es noch einen anderen Blickwinkel.',
    ],
  ],
  fr: [
    'Cet article est une compilation d’extraits des sources citées.',
    'L’essentiel',
    'Questions et réponses',
    '{} : vue d’ensemble',
    '{} : l’essentiel',
    'Ce que les sources citées disent sur : {}',
    [
      'Une autre source complète ce point.',
      'Un autre aspect vient d’une source différente.',
      'Il existe aussi un autre point de vue.',
    ],
  ],
  es: [
    'Este artículo es una recopilación de extractos de las fuentes citadas.',
    'Puntos clave',
    'Preguntas y respuestas',
    '{}: una visión general',
    '{}: lo esencial',
    'Lo que las fuentes citadas dicen sobre {}',
    ['Otra fuente lo completa.', 'Otro aspecto procede de una fuente distinta.', 'También hay otro punto de vista.'],
  ],
  it: [
    'Questo articolo è una raccolta di estratti dalle fonti citate.',
    'I punti chiave',
    'Domande e risposte',
    '{}: una panoramica',
    '{}: l’essenziale',
    'Che cosa dicono le fonti citate su: {}',
    [
      'Un’altra fonte completa il quadro.',
      'Un altro aspetto viene da una fonte diversa.',
      'C’è anche un altro punto di vista.',
    ],
  ],
  pt: [
    'Este artigo é uma compilação de trechos das fontes citadas.',
    'Pontos principais',
    'Perguntas e respostas',
    '{}: uma visão geral',
    '{}: o essencial',
    'O que as fontes citadas dizem sobre {}',
    ['Outra fonte completa este ponto.', 'Outro aspeto vem de uma fonte diferente.', 'Há também outro ponto de vista.'],
  ],
  nl: [
    'Dit artikel is samengesteld uit fragmenten van de genoemde bronnen.',
    'De belangrijkste punten',
    'Vragen en antwoorden',
    '{}: een overzicht',
    '{}: de hoofdzaken',
    'Wat de genoemde bronnen zeggen over {}',
    ['Een andere bron vult dit aan.', 'Een ander punt komt uit een andere bron.', 'Er is ook een andere kijk op.'],
  ],
  pl: [
    'Ten artykuł jest zbiorem fragmentów cytowanych źródeł.',
    'Najważniejsze informacje',
    'Pytania i odpowiedzi',
    '{}: przegląd',
    '{}: najważniejsze informacje',
    'Co cytowane źródła mówią na temat: {}',
    ['Inne źródło uzupełnia ten obraz.', 'Kolejna kwestia pochodzi z innego źródła.', 'Jest też inny punkt widzenia.'],
  ],
  sv: [
    'Den här artikeln är sammanställd av utdrag ur de angivna källorna.',
    'Det viktigaste',
    'Frågor och svar',
    '{}: en översikt',
    '{}: det viktigaste',
    'Vad de angivna källorna säger om {}',
    [],
  ],
  da: [
    'Denne artikel er sammensat af uddrag fra de angivne kilder.',
    'Det vigtigste',
    'Spørgsmål og svar',
    '{}: et overblik',
    '{}: det vigtigste',
    'Hvad de angivne kilder siger om {}',
    [],
  ],
  no: [
    'Denne artikkelen er satt sammen av utdrag fra de oppgitte kildene.',
    'Det viktigste',
    'Spørsmål og svar',
    '{}: en oversikt',
    '{}: det viktigste',
    'Hva de oppgitte kildene sier om {}',
    [],
  ],
  fi: [
    'Tämä artikkeli on koottu mainittujen lähteiden katkelmista.',
    'Tärkeimmät kohdat',
    'Kysymyksiä ja vastauksia',
    '{}: yleiskatsaus',
    '{}: tärkeimmät kohdat',
    '{}: mitä lähteet kertovat',
    [],
  ],
  cs: [
    'Tento článek je sestaven z úryvků uvedených zdrojů.',
    'To nejdůležitější',
    'Otázky a odpovědi',
    '{}: přehled',
    '{}: to nejdůležitější',
    'Co uvedené zdroje říkají na téma: {}',
    [],
  ],
  ru: [
    'Эта статья составлена из отрывков указанных источников.',
    'Главное',
    'Вопросы и ответы',
    '{}: обзор',
    '{}: главное',
    'Что говорят указанные источники по теме: {}',
    [],
  ],
  uk: [
    'Цю статтю складено з уривків зазначених джерел.',
    'Головне',
    'Запитання та відповіді',
    '{}: огляд',
    '{}: головне',
    'Що кажуть зазначені джерела на тему: {}',
    [],
  ],
  el: [
    'Αυτό το άρθρο αποτελείται από αποσπάσματα των πηγών που παρατίθενται.',
    'Κύρια σημεία',
    'Ερωτήσεις και απαντήσεις',
    '{}: μια επισκόπηση',
    '{}: τα βασικά',
    'Τι λένε οι πηγές για το θέμα: {}',
    [],
  ],
  tr: [
    'Bu makale, belirtilen kaynaklardan alıntılarla derlenmiştir.',
    'Önemli noktalar',
    'Sorular ve yanıtlar',
    '{}: genel bakış',
    '{}: önemli noktalar',
    '{}: kaynaklar ne diyor',
    [],
  ],
  ro: [
    'Acest articol este o compilație de extrase din sursele citate.',
    'Idei principale',
    'Întrebări și răspunsuri',
    '{}: prezentare generală',
    '{}: esențialul',
    'Ce spun sursele citate despre: {}',
    [],
  ],
  hu: [
    'Ez a cikk a megnevezett források részleteiből áll össze.',
    'A lényeg',
    'Kérdések és válaszok',
    '{}: áttekintés',
    '{}: a lényeg',
    '{}: mit mondanak a források',
    [],
  ],
  ca: [
    'Aquest article és un recull d’extractes de les fonts citades.',
    'Punts clau',
    'Preguntes i respostes',
    '{}: una visió general',
    '{}: l’essencial',
    'Què diuen les fonts citades sobre: {}',
    [],
  ],
  hr: [
    'Ovaj je članak sastavljen od izvadaka iz navedenih izvora.',
    'Najvažnije',
    'Pitanja i odgovori',
    '{}: pregled',
    '{}: najvažnije',
    'Što navedeni izvori kažu o temi: {}',
    [],
  ],
  id: [
    'Artikel ini disusun dari kutipan sumber-sumber yang disebutkan.',
    'Poin penting',
    'Tanya jawab',
    '{}: ikhtisar',
    '{}: hal-hal penting',
    'Apa kata sumber tentang {}',
    [],
  ],
  vi: [
    'Bài viết này được tổng hợp từ các đoạn trích của những nguồn được dẫn.',
    'Những điểm chính',
    'Hỏi và đáp',
    '{}: tổng quan',
    '{}: những điểm chính',
    'Các nguồn nói gì về: {}',
    [],
  ],
  ja: [
    'この記事は、引用元の文章を抜粋してまとめたものです。',
    '要点',
    '質問と回答',
    '{}：概要',
    '{}：要点',
    '引用元が{}について述べていること',
    [],
  ],
  zh: ['本文由所引来源的摘录汇编而成。', '要点', '问与答', '{}：概述', '{}：要点', '所引来源对{}的说明', []],
  ko: [
    '이 글은 인용한 출처의 발췌문을 모아 엮은 것입니다.',
    '핵심 요점',
    '질문과 답변',
    '{}: 개요',
    '{}: 핵심 요점',
    '출처가 말하는 {}',
    [],
  ],
  ar: [
    'هذه المقالة مجمّعة من مقتطفات من المصادر المذكورة.',
    'أهم النقاط',
    'أسئلة وأجوبة',
    '{}: نظرة عامة',
    '{}: أهم النقاط',
    'ما تقوله المصادر عن: {}',
    [],
  ],
  fa: [
    'این مقاله گردآوری گزیده‌هایی از منابع یادشده است.',
    'نکات کلیدی',
    'پرسش و پاسخ',
    '{}: مرور کلی',
    '{}: نکات کلیدی',
    'منابع دربارهٔ {} چه می‌گویند',
    [],
  ],
};

/** The phrases of a language (ISO 639-1 or a tag such as "pt-BR"); English where there is no table. */
export function phrasesFor(language: string | null): Phrases {
  const row = rows[baseLanguage(language) ?? ''] ?? rows.en;
  if (!row) throw new RangeError('the English phrases are always there');
  const [disclosure, keyPoints, questions, overview, essentials, angle, links] = row;
  const fill = (template: string) => (subject: string) => template.replace('{}', () => subject);
  return {
    disclosure,
    keyPoints,
    questions,
    links,
    overview: fill(overview),
    essentials: fill(essentials),
    angle: fill(angle),
  };
}

/** Every phrase that may stand in an article as a sentence, so that it is never taken for a source's. */
export function isOwnPhrase(sentence: string): boolean {
  return Object.values(rows).some(
    ([disclosure, , , , , , links]) => sentence === disclosure || links.includes(sentence),
  );
}
