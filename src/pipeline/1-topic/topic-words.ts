/*
 * Words that decide whether two titles are about the same thing, per language; written for this project. All are
 * compared after folding (lower case, no accents), most of them as stems, so each word stands in one form.
 */

/** Phrases that are rewritten as one word, or left out, before anything else is looked at: pattern -> replacement. */
export const phrases: [RegExp, string][] = [
  [/\b(work(ing)? (remotely|from home)|telework(ing)?|remote work(ing|ers?)?|home working)\b/g, 'remotework'],
  [/\bcoffee (shop|house|bar)s?\b/g, 'cafe'],
  [/\b(getting started|first steps|from scratch)\b/g, 'beginner'],
  [/\b(web )?host(ing)? (provider|company|service)s?\b|\bweb host(s|ing)?\b/g, 'host'],
  [/\bback(s|ing|ed)?[ -]up\b/g, 'backup'],
  [/\bset(s|ting)?[ -]up\b/g, 'setup'],
  [/\bbest practices?\b/g, 'tips'],
  [/\b(at home|zu ?hause|a la maison|at work)\b/g, ' '],
  [/\bcopias? de seguridad\b/g, 'backup'],
  [/\b(step by step|pas a pas|paso a paso|passo a passo|schritt fur schritt)\b/g, ' '],
];

/** The form of an article: left out of the comparison altogether. */
export const frameWords: Record<string, string> = {
  en: `guide tutorial tips tip advice tricks hacks ways way ideas idea steps step checklist list overview handbook explained
    explanation complete ultimate definitive comprehensive full quick easy easily simple simply best top great good better right
    properly correctly effective effectively essential practical useful proven things thing everything know learn learning
    understand make making made create creating get getting start starting use using do doing want need help strategies
    strategy methods method techniques reasons examples facts secrets rules actually really beginner introduction intro basics
    newbie novice new setup improve improving boost benefits include perfect proper`,
  de: `anleitung ratgeber leitfaden tipps tipp tricks trick ideen idee schritte schritt checkliste liste uberblick
    ubersicht erklart erklarung komplett ultimativ einfach schnell leicht beste besten bester bestes top gut besser richtig
    wichtig wissen lernen machen macht gemacht geht so was anfanger einsteiger einfuhrung grundlagen basics methoden grunde
    wege hilfe guide tutorial`,
  fr: `guide tutoriel conseils conseil astuces astuce idees idee etapes etape liste complet complete ultime facile facilement
    simple rapidement meilleur meilleurs meilleure meilleures top bien mieux savoir apprendre faire debutant debutants
    introduction bases methodes facons raisons seul tout`,
  es: `guia tutorial consejos consejo trucos truco ideas idea pasos paso lista completa completo definitiva facil facilmente
    simple rapido mejor mejores top bien saber aprender hacer principiante principiantes introduccion basico metodos formas
    maneras razones`,
  it: `guida tutorial consigli consiglio trucchi idee passi lista completa completo definitiva facile semplice migliore
    migliori top bene meglio sapere imparare fare fatto principianti introduzione basi metodi modi motivi`,
  pt: `guia tutorial dicas dica truques ideias passos lista completo completa definitivo facil simples melhor melhores top bem
    saber aprender fazer iniciantes iniciante introducao basico metodos formas maneiras motivos`,
  nl: `gids handleiding tips tip trucs ideeen stappen stap lijst compleet ultieme makkelijk eenvoudig snel beste top goed beter
    weten leren maken beginners beginner inleiding basis manieren redenen`,
  ru: `руководство инструкция советы совет способы способ идеи шаги лучшие лучший лучшая легко просто быстро полное полный сделать делать использовать начинающих новичков введение основы правильно`,
  zh: `如何 怎么 怎样 怎么样 指南 教程 入门 方法 技巧 大全 攻略 最好 最佳 完整 简单 快速 新手 初学者 学习 合适 适合 推荐 什么 步骤 终极 最 好`,
  ja: `方法 やり方 ガイド 入門 初心者 おすすめ ベスト 簡単 コツ 完全 解説 徹底 使い方 選び方 まとめ 最高 人気`,
};

/** What makes one title narrower than another when it follows: "for dentists", "in Berlin", "without yeast". */
export const narrowing: Record<string, string> = {
  en: 'for in on with without at near under using',
  de: 'fur in im mit ohne auf am bei unter',
  fr: 'pour en dans avec sans a au aux sur chez',
  es: 'para en con sin sobre',
  it: 'per in con senza a su',
  pt: 'para em com sem no na sobre',
  nl: 'voor in met zonder op bij',
  ru: 'для в на с без',
};

/** Words that set one thing apart from another as a number does: "half marathon", "second trimester". */
export const distinguishing =
  'half quarter double triple second third fourth fifth halb halber halbe zweite dritte demi deuxieme troisieme media medio segundo tercero';

/** Words that turn a statement round; stop-word lists hold most of them, here they must count. */
export const negations =
  'no not without never nicht kein keine ohne nie pas sans jamais sin nunca senza mai sem zonder niet geen без не 不 没有 无';

/** One word of each group stands for all. Only everyday words of titles: a synonym too many merges two topics. */
export const synonyms: Record<string, string[]> = {
  en: [
    'fast speed quick accelerate performance',
    'secure security protect harden',
    'reduce lower cut decrease minimise minimize save',
    'cost price bill expense fee',
    'choose pick select choice selection',
    'fix repair mend troubleshoot',
    'cheap budget affordable inexpensive',
    'host hosting webhost',
    'provider company service',
    'website site web',
    'postgres postgresql',
    'kubernetes k8s',
    'wordpress wp',
    'javascript js',
    'company business firm',
    'shopping shop store',
    'car auto',
    'cafe coffeehouse',
    'photo picture photograph',
    'kid child children',
    'phone mobile',
    'productive productivity',
    'recipe dish',
    'grow garden gardening cultivate',
  ],
  de: [
    'sichern sicherung backup sicherungskopie datensicherung',
    'webseite website seite',
    'wahlen auswahlen aussuchen kaufen',
    'gunstig billig preiswert',
  ],
  fr: ['naturel naturellement', 'choisir choix', 'sauvegarder sauvegarde backup', 'site siteweb'],
  es: ['backup respaldo', 'elegir escoger eleccion', 'sitio web pagina', 'barato economico'],
  zh: ['选择 挑选 选购', '网站 站点', '手机 智能手机', '便宜 平价'],
};

/** The reader's level. `beginner` is the usual reader and may stay unsaid; `advanced` may not. */
export const levels: Record<'beginner' | 'advanced', string> = {
  beginner:
    'beginner introduction intro basics newbie novice anfanger einsteiger einfuhrung grundlagen debutant principiante principianti iniciante начинающих новичков 入门 新手 初学者 初心者 入門',
  advanced:
    'advanced expert experts pro pros professional professionals experienced fortgeschrittene fortgeschritten profis experten avance avances confirme avanzado avanzati expertos esperti avancado продвинутых экспертов 高级 进阶 上級',
};

/** What a number counts when it only says how long a list is ("7 ways"); followed by anything else it is part of the topic. */
export const countedUnits =
  'day days week weeks month months year years hour hours minute minutes second seconds dollar dollars euro euros percent kg km mile miles gb mb tb inch tag tage tagen woche wochen monat monate jahr jahre stunde stunden minute minuten jour jours semaine semaines mois an ans heure heures dia dias semana semanas mes meses ano anos hora horas giorni settimane mesi anni ore';
