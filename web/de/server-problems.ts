import type { ServerTexts } from './server-texts.ts';

/** Problems of the API: the hint of every code, and what is most often said to have happened. */
export const problemTexts: ServerTexts = [
  // The hints of the codes (src/errors.ts).
  [
    'Wait until it is done; the admin page shows how far it is.',
    'Warte, bis sie fertig ist; die Admin-Seite zeigt, wie weit sie ist.',
  ],
  [
    'Check that the storage of the backups can be reached from here. Backups that are there already are untouched.',
    'Prüfe, ob der Speicher der Sicherungen von hier aus erreichbar ist. Was schon dort liegt, ist unberührt.',
  ],
  [
    'Check S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, and what the key may do.',
    'Prüfe S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID und S3_SECRET_ACCESS_KEY und was der Schlüssel darf.',
  ],
  [
    'Use another backup: blog-poster backup list shows which were verified. Nothing was changed.',
    'Nimm eine andere Sicherung; die Liste zeigt, welche geprüft sind. Es wurde nichts verändert.',
  ],
  [
    'Set BACKUP_AGE_IDENTITY to the private key that belongs to the recipient of this backup.',
    'Setze BACKUP_AGE_IDENTITY auf den privaten Schlüssel, der zum Empfänger dieser Sicherung gehört.',
  ],
  [
    'Install the client programs of PostgreSQL (Debian and Ubuntu: postgresql-client) of at least the version of the server.',
    'Installiere die Client-Programme von PostgreSQL (Debian und Ubuntu: postgresql-client), mindestens in der Version des Servers.',
  ],
  [
    'Restore into an empty database, or name this one to replace what is in it.',
    'Stelle in einer leeren Datenbank wieder her, oder nenne diese beim Namen, um zu ersetzen, was darin steht.',
  ],
  [
    'It is tried again by itself; nothing that looks like a backup is left of it.',
    'Es wird von selbst noch einmal versucht; es bleibt nichts übrig, was wie eine Sicherung aussieht.',
  ],
  ['The process that did it ended in the middle.', 'Der Prozess, der dabei war, endete mittendrin.'],
  [
    'Correct the named fields and send the request again.',
    'Berichtige die genannten Felder und versuch es noch einmal.',
  ],
  ['Send valid JSON with Content-Type: application/json.', 'Sende gültiges JSON mit Content-Type: application/json.'],
  ['Send JSON with Content-Type: application/json.', 'Sende JSON mit Content-Type: application/json.'],
  [
    'Send at most 1 MB; split long texts over several sources.',
    'Sende höchstens 1\u202fMB; verteile lange Texte auf mehrere Quellen.',
  ],
  [
    'Log in, or send Authorization: Bearer with an access token or an API key.',
    'Melde dich an, oder sende Authorization: Bearer mit einem Zugriffs-Token oder einem API-Schlüssel.',
  ],
  [
    'Check both; if you have forgotten the password, ask for a new one (POST /api/v1/auth/forgot-password).',
    'Prüfe beides; wenn du das Passwort vergessen hast, fordere ein neues an.',
  ],
  [
    'Send the same again with code: the six digits of your authenticator app, or a backup code.',
    'Sende dasselbe noch einmal mit einem Code: den sechs Ziffern deiner Authenticator-App oder einem Ersatzcode.',
  ],
  [
    'Wait for the next code and check the clock of your phone; a backup code works once.',
    'Warte auf den nächsten Code und prüfe die Uhr deines Handys; ein Ersatzcode gilt einmal.',
  ],
  [
    'Wait for 15 minutes; if it was not you, change your password.',
    'Warte 15 Minuten; wenn du das nicht warst, ändere dein Passwort.',
  ],
  ['Log in again to get new tokens.', 'Melde dich neu an, um neue Token zu bekommen.'],
  [
    'Ask for a new link, and use it once and in time.',
    'Fordere einen neuen Link an und benutze ihn einmal und rechtzeitig.',
  ],
  [
    'Open the link in the mail that was sent to it, or ask for another (POST /api/v1/auth/resend-verification).',
    'Öffne den Link in der E-Mail dorthin, oder fordere einen neuen an.',
  ],
  ['Ask the admin of this instance.', 'Frag den Admin dieser Instanz.'],
  ['Enter the password you log in with.', 'Gib das Passwort ein, mit dem du dich anmeldest.'],
  ['Send your password, or log in again.', 'Gib dein Passwort ein, oder melde dich neu an.'],
  ['Ask an admin of this instance.', 'Frag einen Admin dieser Instanz.'],
  ['Use a key that has this scope.', 'Verwende einen Schlüssel mit diesem Recht.'],
  ['Ask the admin of this instance for an account.', 'Bitte den Admin dieser Instanz um ein Konto.'],
  ['Ask the admin of this instance for an invitation.', 'Bitte den Admin dieser Instanz um eine Einladung.'],
  [
    'Make one: blog-poster user create --email you@example.com --admin',
    'Lege eines an: blog-poster user create --email du@example.com --admin',
  ],
  [
    'Send the request from the page that blog-poster itself serves.',
    'Sende die Anfrage von der Seite, die blog-poster selbst ausliefert.',
  ],
  [
    'Wait as long as Retry-After says and send the request again.',
    'Warte so lange, wie Retry-After sagt, und sende die Anfrage noch einmal.',
  ],
  [
    'Wait for the next month, or ask the administrator of this instance for more articles.',
    'Warte auf den nächsten Monat, oder bitte den Admin dieser Instanz um mehr Artikel.',
  ],
  [
    'Nothing was started. Wait as long as Retry-After says and send the same again, also with the same Idempotency-Key.',
    'Nichts wurde gestartet. Warte eine Weile und versuch dasselbe noch einmal.',
  ],
  [
    'Check the address; the object may have been deleted.',
    'Prüfe die Adresse; vielleicht wurde das Gesuchte gelöscht.',
  ],
  [
    'Read the object again and repeat the change on its present state.',
    'Lade es neu und wiederhole die Änderung am jetzigen Stand.',
  ],
  [
    'Read the article again, merge your change and send the new revision number.',
    'Lade den Artikel neu und trag deine Änderung in die neue Fassung ein.',
  ],
  [
    'Use a new Idempotency-Key for a different request.',
    'Verwende für eine andere Anfrage einen neuen Idempotency-Key.',
  ],
  [
    'Look at its status first; this action does not fit it.',
    'Sieh dir erst den Status an; diese Aktion passt nicht dazu.',
  ],
  ['Start a new article, or edit this one by hand.', 'Starte einen neuen Artikel, oder bearbeite diesen von Hand.'],
  [
    'Look at what it is like; send duplicates: "allow" if you want a second one all the same.',
    'Sieh dir an, wem es ähnelt; wenn du trotzdem ein zweites willst, erlaube Ähnliches.',
  ],
  [
    'Look at what is said to be wrong with the file, correct it, and import it again: nothing is taken twice.',
    'Sieh dir an, was an der Datei nicht stimmt, verbessere es und importiere sie noch einmal: Nichts kommt doppelt.',
  ],
  [
    'Add topics to the backlog: the next time of the schedule takes the first of them.',
    'Füge dem Vorrat Themen hinzu: Der nächste Termin des Zeitplans nimmt das erste davon.',
  ],
  [
    'Add at least one page, feed, file or pasted text that can be read, and retry.',
    'Füge mindestens eine Seite, einen Feed, eine Datei oder einen Text hinzu, die sich lesen lassen, und versuch es erneut.',
  ],
  [
    'Open the article named here; continue if you want a second one all the same.',
    'Öffne den genannten Artikel; mach weiter, wenn du trotzdem einen zweiten willst.',
  ],
  ['Raise the budget of this pipeline and continue.', 'Erhöhe das Budget dieses Laufs und mach weiter.'],
  [
    'Choose a model with a known price, or set its price explicitly.',
    'Wähle ein Modell mit bekanntem Preis, oder lege seinen Preis fest.',
  ],
  [
    'Use provider:model with the provider openai, anthropic or google, for example openai:gpt-5-mini, or offline.',
    'Schreib anbieter:modell mit openai, anthropic oder google, zum Beispiel openai:gpt-5-mini, oder offline.',
  ],
  [
    'Check the key, the model name and the account of the provider, and retry.',
    'Prüfe den Schlüssel, den Namen des Modells und das Konto beim Anbieter, und versuch es erneut.',
  ],
  [
    'Put the topic in other words, look at the sources, or choose another model; then retry.',
    'Fasse das Thema in andere Worte, sieh die Quellen an oder wähle ein anderes Modell; dann versuch es erneut.',
  ],
  [
    'The provider is busy or down; the pipeline tries again by itself.',
    'Der Anbieter ist ausgelastet oder gestört; der Lauf versucht es von selbst erneut.',
  ],
  [
    'Retry the step, or choose a model that can return structured output.',
    'Versuch den Schritt erneut, oder wähle ein Modell, das strukturierte Ausgaben liefern kann.',
  ],
  [
    'The search provider is busy or down; the pipeline tries again by itself.',
    'Der Suchanbieter ist ausgelastet oder gestört; der Lauf versucht es von selbst erneut.',
  ],
  [
    'Check the key and the address of the search provider (blog-poster doctor does), and retry.',
    'Prüfe Schlüssel und Adresse des Suchanbieters (blog-poster doctor tut das), und versuch es erneut.',
  ],
  ['Redo the pipeline from the named step.', 'Mach den Lauf ab dem genannten Schritt neu.'],
  [
    'Another worker has taken the pipeline over; nothing needs to be done.',
    'Ein anderer Prozess hat den Lauf übernommen; es ist nichts zu tun.',
  ],
  [
    'Use a public http(s) address, or list the host in ALLOW_PRIVATE_HOSTS.',
    'Verwende eine öffentliche http(s)-Adresse, oder trag den Host in ALLOW_PRIVATE_HOSTS ein.',
  ],
  [
    'Check that the address opens in a browser, and retry.',
    'Prüfe, ob sich die Adresse im Browser öffnet, und versuch es erneut.',
  ],
  [
    'Use a smaller page, or paste the text that matters.',
    'Nimm eine kleinere Seite, oder füge den Text ein, auf den es ankommt.',
  ],
  ['Paste the text of the page as a source instead.', 'Füge stattdessen den Text der Seite als Quelle ein.'],
  ['Send another picture as PNG, JPEG, WebP or GIF.', 'Nimm ein anderes Bild als PNG, JPEG, WebP oder GIF.'],
  [
    'Delete images that no article needs; GET /api/v1/images says where each is used.',
    'Lösche Bilder, die kein Artikel braucht; bei jedem steht, wo es verwendet wird.',
  ],
  [
    'Take it out of these articles, or send ?force=true to delete it all the same.',
    'Nimm es aus diesen Artikeln heraus, oder lösche es trotzdem.',
  ],
  [
    'It is the proof of what these articles say, and stays for as long as they do, the bin included.',
    'Sie belegt, was diese Artikel sagen, und bleibt so lange wie sie, auch im Papierkorb.',
  ],
  ['The source is cited by {}.', 'Die Quelle wird zitiert von {}.'],
  ['An article is being written with this source.', 'Mit dieser Quelle wird gerade ein Artikel geschrieben.'],
  ['Wait until it is written, or cancel its run.', 'Warte, bis er geschrieben ist, oder brich seinen Lauf ab.'],
  ['There is no such source in the bin.', 'Diese Quelle ist nicht im Papierkorb.'],
  ['This page was asked for less than a minute ago.', 'Diese Seite wurde vor weniger als einer Minute abgerufen.'],
  [
    'Pages rarely change within a minute: wait a moment.',
    'Seiten ändern sich selten innerhalb einer Minute: Warte einen Augenblick.',
  ],
  [
    'The page holds no text any more that could be cited.',
    'Auf der Seite steht kein Text mehr, der sich zitieren ließe.',
  ],
  [
    'Open it in a browser. What was read before stays here.',
    'Öffne sie im Browser. Was vorher gelesen wurde, bleibt hier.',
  ],
  [
    'Check that the site opens in a browser; then run the check of the site.',
    'Prüfe, ob sich die Website im Browser öffnet; dann lass die Website prüfen.',
  ],
  [
    'Run the check of the site: it names the cause and the mend.',
    'Lass die Website prüfen: Die Prüfung nennt Ursache und Abhilfe.',
  ],
  [
    'The mail server is busy or down; the mail is sent by itself when it answers again.',
    'Der Mailserver ist ausgelastet oder gestört; die E-Mail geht von selbst hinaus, wenn er wieder antwortet.',
  ],
  [
    'Correct the named setting and restart; what waits is sent then. blog-poster doctor tries the settings.',
    'Berichtige die genannte Einstellung und starte neu; was wartet, wird dann gesendet. blog-poster doctor probiert die Einstellungen aus.',
  ],
  [
    'The words of the mail server say why; look at the address, then send the mail again.',
    'Die Worte des Mailservers sagen, warum; sieh dir die Adresse an und sende die E-Mail noch einmal.',
  ],
  [
    'Look at the log of the receiver: it has to answer 2xx within 10 seconds. It is tried again by itself for a day.',
    'Sieh in das Protokoll des Empfängers: Er muss binnen 10 Sekunden mit 2xx antworten. Einen Tag lang wird es von selbst erneut versucht.',
  ],
  [
    'APP_SECRET has changed: set the old one again, or enter the credentials anew.',
    'APP_SECRET hat sich geändert: Setz den alten Wert wieder ein, oder gib die Zugangsdaten neu ein.',
  ],
  [
    'Correct the named environment variables and start again.',
    'Berichtige die genannten Umgebungsvariablen und starte neu.',
  ],
  [
    'Stop the other blog-poster that uses this data directory, or set another DATA_DIR.',
    'Halte das andere blog-poster an, das dieses Datenverzeichnis benutzt, oder setz ein anderes DATA_DIR.',
  ],
  [
    'Check the data directory: its rights, its free space and the version that wrote it.',
    'Prüfe das Datenverzeichnis: seine Rechte, den freien Platz und die Version, die es geschrieben hat.',
  ],
  [
    'Make room on that disk. Nothing that was acknowledged is lost; work goes on by itself, or at the next start.',
    'Schaff Platz auf diesem Datenträger. Nichts, was bestätigt wurde, ist verloren; die Arbeit geht von selbst weiter oder beim nächsten Start.',
  ],
  [
    'Nothing is lost; work goes on by itself when the database answers again. Check that it runs.',
    'Nichts ist verloren; die Arbeit geht von selbst weiter, wenn die Datenbank wieder antwortet. Prüfe, ob sie läuft.',
  ],
  [
    'The server is restarting; try again in a few seconds.',
    'Der Server startet gerade neu; versuch es in ein paar Sekunden erneut.',
  ],
  [
    'This is a fault of blog-poster: look for the request id in its log.',
    'Das ist ein Fehler von blog-poster: Such die Nummer der Anfrage in seinem Protokoll.',
  ],

  [
    'It goes on by itself as soon as an admin raises your limit for an article.',
    'Es geht von selbst weiter, sobald ein Admin dein Limit für einen Artikel erhöht.',
  ],
  [
    'It goes on by itself next month, or as soon as an admin raises your limit.',
    'Es geht von selbst weiter: nächsten Monat, oder sobald ein Admin dein Limit erhöht.',
  ],
  [
    'It goes on by itself next month, or as soon as you raise your limit.',
    'Es geht von selbst weiter: nächsten Monat, oder sobald du dein Limit erhöhst.',
  ],
  [
    'It goes on by itself next month, or as soon as the operator raises INSTANCE_MONTHLY_LIMIT_USD.',
    'Es geht von selbst weiter: nächsten Monat, oder sobald der Betreiber INSTANCE_MONTHLY_LIMIT_USD erhöht.',
  ],

  // What the list of failures says besides.
  [
    'Open the run and redo it from the step that is named.',
    'Öffne den Lauf und mach ihn ab dem genannten Schritt neu.',
  ],
  [
    'The webhook is switched off: switch it on, then send this again.',
    'Der Webhook ist ausgeschaltet: Schalte ihn ein und sende das noch einmal.',
  ],
  [
    'It cannot be sent again: its text or its link is no longer valid. Ask for a new one, or dismiss this.',
    'Sie lässt sich nicht noch einmal senden: Ihr Text oder ihr Link gilt nicht mehr. Fordere eine neue an, oder hake das ab.',
  ],
  ['The reason was not recorded.', 'Der Grund wurde nicht festgehalten.'],
  [
    'What was in the way may have passed by now: try again.',
    'Was im Weg war, ist vielleicht vorbei: Versuch es erneut.',
  ],
  ['Then try again.', 'Dann versuch es erneut.'],

  // Signing in, and the account.
  ['The address or the password is wrong.', 'Die Adresse oder das Passwort ist falsch.'],
  ['The password is wrong.', 'Das Passwort ist falsch.'],
  ['The present password is wrong.', 'Das jetzige Passwort ist falsch.'],
  ['is wrong', 'Das ist falsch.'],
  ['Nobody is signed in.', 'Niemand ist angemeldet.'],
  ['The session has ended.', 'Die Sitzung ist zu Ende.'],
  ['This account has been disabled.', 'Dieses Konto wurde gesperrt.'],
  ['This address has not been confirmed yet.', 'Diese Adresse ist noch nicht bestätigt.'],
  [
    'This account also asks for a code of its authenticator app.',
    'Dieses Konto verlangt auch einen Code seiner Authenticator-App.',
  ],
  ['The code is wrong, or its time has passed.', 'Der Code ist falsch, oder seine Zeit ist um.'],
  ['This code has been used already.', 'Dieser Code wurde schon benutzt.'],
  ['This is none of the backup codes that are left.', 'Das ist keiner der übrigen Ersatzcodes.'],
  ['Too many wrong codes.', 'Zu viele falsche Codes.'],
  ['Two-factor log-in is not on.', 'Die Zwei-Faktor-Anmeldung ist nicht eingeschaltet.'],
  ['Two-factor log-in is on already.', 'Die Zwei-Faktor-Anmeldung ist schon eingeschaltet.'],
  [
    'You logged in a while ago: this takes your password.',
    'Du hast dich vor einer Weile angemeldet: Das hier braucht dein Passwort.',
  ],
  ['This link has been used already, or it has expired.', 'Dieser Link wurde schon benutzt oder ist abgelaufen.'],
  ['This link has been used, or its time is over.', 'Dieser Link wurde schon benutzt, oder seine Zeit ist um.'],
  [
    'Sign in and open the article: it can be held there as long as it has not gone out.',
    'Melde dich an und öffne den Artikel: Solange er nicht hinaus ist, lässt er sich dort zurückhalten.',
  ],
  ['The account of this link has been deleted.', 'Das Konto zu diesem Link wurde gelöscht.'],
  [
    'The account of this link has another address by now.',
    'Das Konto zu diesem Link hat inzwischen eine andere Adresse.',
  ],
  ['This address has been taken by another account meanwhile.', 'Diese Adresse hat inzwischen ein anderes Konto.'],
  ['This instance takes no new accounts.', 'Diese Instanz nimmt keine neuen Konten an.'],
  ['Accounts of this instance are by invitation only.', 'Konten gibt es auf dieser Instanz nur auf Einladung.'],
  [
    'This invitation is for another address, was used, or has expired.',
    'Diese Einladung gilt für eine andere Adresse, wurde schon benutzt oder ist abgelaufen.',
  ],
  ['Only an admin of this instance may do this.', 'Das darf nur ein Admin dieser Instanz.'],
  ['{} has an account already.', '{} hat schon ein Konto.'],
  ['Search for it in the list of accounts.', 'Such danach in der Liste der Konten.'],
  [
    'You cannot disable your own account: another admin has to.',
    'Dein eigenes Konto kannst du nicht sperren: Das muss ein anderer Admin tun.',
  ],
  ['This is the only admin of the instance.', 'Das ist der einzige Admin der Instanz.'],
  [
    'This is the only admin of the instance, and others use it.',
    'Das ist der einzige Admin der Instanz, und andere benutzen sie.',
  ],
  [
    'Make another admin first: blog-poster user create --admin.',
    'Mach erst jemand anderen zum Admin: blog-poster user create --admin.',
  ],
  [
    'must be a mail address, for example you@example.com',
    'Das muss eine E-Mail-Adresse sein, zum Beispiel du@example.com.',
  ],
  [
    'must be written in plain Latin letters (a domain in its xn-- form)',
    'Das muss in einfachen lateinischen Buchstaben geschrieben sein (eine Domain in ihrer xn---Form).',
  ],
  ['must be a time zone, for example Europe/Berlin', 'Das muss eine Zeitzone sein, zum Beispiel Europe/Berlin.'],
  ['must be provider:model or offline', 'Das muss anbieter:modell oder offline sein.'],
  ['must be in the future', 'Das muss in der Zukunft liegen.'],
  [
    'must not be negative; 0 means that nothing may be paid',
    'Das darf nicht negativ sein; 0 heißt, dass nichts bezahlt wird.',
  ],

  // What is not there (any more).
  ['There is no such account.', 'Dieses Konto gibt es nicht.'],
  ['There is no such user.', 'Dieses Konto gibt es nicht.'],
  ['There is no such API key.', 'Diesen API-Schlüssel gibt es nicht.'],
  ['There is no such article.', 'Diesen Artikel gibt es nicht.'],
  ['There is no such article in the bin.', 'Diesen Artikel gibt es im Papierkorb nicht.'],
  ['There is no such image.', 'Dieses Bild gibt es nicht.'],
  ['There is no such image in the bin.', 'Dieses Bild gibt es im Papierkorb nicht.'],
  ['There is no such invitation.', 'Diese Einladung gibt es nicht.'],
  ['There is no such mail.', 'Diese E-Mail gibt es nicht.'],
  ['There is no such pipeline.', 'Diesen Lauf gibt es nicht.'],
  ['There is no such publication.', 'Diese Veröffentlichung gibt es nicht.'],
  ['There is no such schedule.', 'Diesen Zeitplan gibt es nicht.'],
  ['There is no such session.', 'Diese Sitzung gibt es nicht.'],
  ['There is no such site.', 'Diese Website gibt es nicht.'],
  ['There is no such source.', 'Diese Quelle gibt es nicht.'],
  ['There is no such topic.', 'Dieses Thema gibt es nicht.'],
  ['There is no such webhook.', 'Diesen Webhook gibt es nicht.'],
  [
    'There is no such delivery; they are kept for 30 days.',
    'Diese Zustellung gibt es nicht; sie werden 30 Tage aufgehoben.',
  ],
  ['There is nothing of yours with this id.', 'Unter dieser Nummer gibt es nichts von dir.'],
  ['There is nothing of yours with these ids.', 'Unter diesen Nummern gibt es nichts von dir.'],
  ['The article is gone.', 'Der Artikel ist weg.'],
  ['The article of this pipeline is gone.', 'Der Artikel dieses Laufs ist weg.'],
  ['The article has no revision {}.', 'Der Artikel hat keine Fassung {}.'],
  ['Something unexpected went wrong.', 'Etwas Unerwartetes ist schiefgegangen.'],

  // Limits.
  ['Too many {}: {} a minute are allowed.', (_what, count) => `Zu viele Anfragen: ${count} pro Minute sind erlaubt.`],
  [
    'Wait {} and send the request again.',
    (time) => `Warte ${time.replace(/seconds?$/, 's').replace(/minutes?$/, 'min')} und versuch es noch einmal.`,
  ],
  [
    'The {} articles of {} have been begun; the next month begins at {} (midnight in {}).',
    'Die {} Artikel des Monats {} sind begonnen; der nächste Monat beginnt am {} (Mitternacht in {}).',
  ],
  ['The request body is over 1 MB.', 'Die Anfrage ist größer als 1\u202fMB.'],
  ['The image is over 10 MB.', 'Das Bild ist größer als 10\u202fMB.'],
  ['Make the image smaller and send it again.', 'Mach das Bild kleiner und nimm es noch einmal.'],
  ['The list is over 5 MB.', 'Die Liste ist größer als 5\u202fMB.'],
  [
    'Split it into files of at most 5,000 topics and import one after the other.',
    'Teile sie in Dateien von höchstens 5.000 Themen und importiere eine nach der anderen.',
  ],
  [
    'Your images take {} MB of the {} MB that there are; this one has {} MB.',
    'Deine Bilder belegen {}\u202fMB von {}\u202fMB; dieses hat {}\u202fMB.',
  ],
  ['The image is shown by {}.', 'Das Bild wird gezeigt von {}.'],
  ['You already have {} schedules.', 'Du hast schon {} Zeitpläne.'],
  [
    'Delete one that is no longer needed, or give one more times.',
    'Lösche einen, der nicht mehr gebraucht wird, oder gib einem mehr Termine.',
  ],
  ['You already have {} webhooks.', 'Du hast schon {} Webhooks.'],
  [
    'Delete one that is no longer needed, or let one receiver take the events of several.',
    'Lösche einen, der nicht mehr gebraucht wird, oder lass einen Empfänger die Ereignisse mehrerer annehmen.',
  ],
  ['You already have a site called “{}”.', 'Du hast schon eine Website namens „{}“.'],
  ['is already in use', 'Das ist schon vergeben.'],
  [
    'Choose another name, or change the site that has it.',
    'Wähle einen anderen Namen, oder ändere die Website, die ihn hat.',
  ],
  ['You watch {} sources, which is the limit.', 'Du beobachtest {} Quellen; mehr sind nicht erlaubt.'],
  [
    'Delete one that proposes little, then add this one.',
    'Lösche eine, die wenig vorschlägt, und füge dann diese hinzu.',
  ],
  ['You watch this address already, as "{}".', 'Du beobachtest diese Adresse schon, als „{}“.'],
  [
    'Look for it in the list of sources; it can be read now from there.',
    'Such sie in der Liste der Quellen; von dort lässt sie sich jetzt lesen.',
  ],
  ['must be the address of a feed or of a site', 'Das muss die Adresse eines Feeds oder einer Website sein.'],
  [
    'Write it as in the browser, for example https://example.com/blog or https://example.com/feed/.',
    'Schreib sie wie im Browser, zum Beispiel https://example.com/blog oder https://example.com/feed/.',
  ],
  ['This source was asked for less than a minute ago.', 'Diese Quelle wurde vor weniger als einer Minute angefordert.'],
  [
    'Look at what it proposed; it can be read once a minute.',
    'Sieh dir an, was sie vorgeschlagen hat; sie lässt sich einmal pro Minute lesen.',
  ],
  [
    'The posts of this site were asked for less than a minute ago.',
    'Die Beiträge dieser Website wurden vor weniger als einer Minute angefordert.',
  ],
  [
    'Look at how far it is; it can be asked for once a minute.',
    'Sieh nach, wie weit es ist; das geht einmal pro Minute.',
  ],
  ['This source is paused: nothing is read.', 'Diese Quelle ist pausiert: Nichts wird gelesen.'],
  ['Let it go on first.', 'Setz sie erst fort.'],
  ['A backlog holds {} topics, and {} are in yours.', 'Ein Vorrat fasst {} Themen, und {} sind in deinem.'],
  [
    'Dismiss what you will not write about, or add at most {}.',
    'Verwirf, worüber du nicht schreiben wirst, oder füge höchstens {} hinzu.',
  ],
  ['This topic is in the backlog already.', 'Dieses Thema ist schon im Vorrat.'],
  [
    'Look for it there; topics are the same when their letters and digits are.',
    'Such dort danach; Themen sind gleich, wenn ihre Buchstaben und Ziffern es sind.',
  ],
  ['This topic has been handed to an article already.', 'Aus diesem Thema wird schon ein Artikel.'],
  ['Change the article, or add a new topic.', 'Ändere den Artikel, oder füge ein neues Thema hinzu.'],
  [
    'Look at that article, or start one without the topic.',
    'Sieh dir diesen Artikel an, oder starte einen ohne das Thema.',
  ],
  ['There was no topic to write about.', 'Es gab kein Thema, über das sich schreiben ließ.'],
  [
    '{} publications wait for {}, and no more may wait.',
    '{} Veröffentlichungen warten auf {}, und mehr dürfen nicht warten.',
  ],
  [
    'Nothing was asked for. Look at its queue: cancel what is not wanted, or wait until it is shorter.',
    'Nichts wurde veranlasst. Sieh in die Warteschlange: Brich ab, was nicht gewünscht ist, oder warte, bis sie kürzer ist.',
  ],
  [
    'runs at {} and again {} min later: leave at least {} minutes between',
    'Er läuft um {} und wieder {}\u202fmin später: Lass mindestens {} Minuten dazwischen.',
  ],

  // What does not fit the state of a thing.
  [
    'The article is at revision {}; the change was made on revision {}.',
    'Der Artikel ist bei Fassung {}; die Änderung ging von Fassung {} aus.',
  ],
  [
    'The post was changed on the site since you were shown both versions.',
    'Der Beitrag wurde auf der Website geändert, seit du beide Fassungen gesehen hast.',
  ],
  [
    'Look at the conflict again: it shows the post as it is now.',
    'Sieh dir den Konflikt noch einmal an: Er zeigt den Beitrag, wie er jetzt ist.',
  ],
  [
    'The article was changed here since you were shown both versions.',
    'Der Artikel wurde hier geändert, seit du beide Fassungen gesehen hast.',
  ],
  ['Look at the conflict again and choose then.', 'Sieh dir den Konflikt noch einmal an und wähle dann.'],
  ['The article does not wait to go public.', 'Der Artikel wartet nicht auf die Veröffentlichung.'],
  ['Look at its run: it says how far it is.', 'Sieh dir seinen Lauf an: Er sagt, wie weit er ist.'],
  ['The article has been handed to its site already.', 'Der Artikel wurde der Website schon übergeben.'],
  [
    'Take the post back on the page of its publication.',
    'Zieh den Beitrag auf der Seite seiner Veröffentlichung zurück.',
  ],
  ['The post is being worked on at this moment.', 'Am Beitrag wird gerade gearbeitet.'],
  ['Wait until that has ended, and ask again then.', 'Warte, bis das zu Ende ist, und versuch es dann noch einmal.'],
  ['Wait until it has arrived, and ask again then.', 'Warte, bis er angekommen ist, und versuch es dann noch einmal.'],
  [
    'This article is being sent to this site at this moment, in another way.',
    'Dieser Artikel wird gerade auf andere Weise an diese Website gesendet.',
  ],
  ['Nothing of this article is on the site yet.', 'Von diesem Artikel ist noch nichts auf der Website.'],
  ['The post is not on the site any more.', 'Der Beitrag ist nicht mehr auf der Website.'],
  [
    'Still to be sent to this site: {} publication(s).',
    (count) =>
      `Noch an diese Website zu senden: ${count} ${count === '1' ? 'Veröffentlichung' : 'Veröffentlichungen'}.`,
  ],
  [
    'Let them finish, or cancel them, and delete the site then.',
    'Lass sie zu Ende kommen oder brich sie ab, und lösche dann die Website.',
  ],
  [
    'Nothing is read from {} while it is paused or fails its check.',
    'Von {} wird nichts gelesen, solange sie pausiert oder ihre Prüfung nicht besteht.',
  ],
  [
    'Check the site, mend what the check names, and let it go on.',
    'Prüfe die Website, behebe, was die Prüfung nennt, und setz sie fort.',
  ],
  ['The site that it publishes to was deleted.', 'Die Website, auf der er veröffentlicht, wurde gelöscht.'],
  [
    'Choose another site, or let it write without publishing, and resume it.',
    'Wähle eine andere Website, oder lass ihn schreiben, ohne zu veröffentlichen, und setz ihn fort.',
  ],
  ['This time is neither moved nor skipped.', 'Dieser Termin ist weder verschoben noch ausgelassen.'],
  ['Its own time has gone by: it cannot go back there.', 'Seine eigene Zeit ist vorbei: Dorthin kann er nicht zurück.'],
  ['Move it to another time, or skip it.', 'Verschieb ihn auf eine andere Zeit, oder lass ihn aus.'],
  ['Another time of “{}” is at {} already.', 'Ein anderer Termin von „{}“ liegt schon auf {}.'],
  [
    'Choose another time of day, or move or skip that one first.',
    'Wähle eine andere Uhrzeit, oder verschieb den anderen erst oder lass ihn aus.',
  ],
  [
    'This webhook is disabled, so nothing is sent to it.',
    'Dieser Webhook ist ausgeschaltet; deshalb wird nichts dorthin gesendet.',
  ],
  ['The receiver answered {}.', 'Der Empfänger antwortete {}.'],
  ['This is not a mail address that can be written to.', 'An diese E-Mail-Adresse lässt sich nicht schreiben.'],
  ['Write one address, for example name@example.com.', 'Schreib eine Adresse, zum Beispiel name@example.com.'],
  ['No mail is configured.', 'Es ist kein E-Mail-Versand eingerichtet.'],
  ['The request body could not be read as JSON.', 'Die Anfrage ließ sich nicht als JSON lesen.'],
  ['The body is empty, or no image.', 'Die Datei ist leer oder kein Bild.'],

  // Models, search and sources.
  [
    'No sources were given, and no search provider is configured to look for some.',
    'Es wurden keine Quellen angegeben, und es ist kein Suchanbieter eingerichtet, der welche finden könnte.',
  ],
  [
    'None of the claims in the draft held up against the sources.',
    'Keine der Aussagen im Entwurf hielt den Quellen stand.',
  ],
  [
    'Redo the pipeline from the step "draft", or choose another model or other sources.',
    'Mach den Lauf ab dem Schritt „Entwurf“ neu, oder wähle ein anderes Modell oder andere Quellen.',
  ],
  [
    'The outline rests on none of the passages that were found.',
    'Die Gliederung stützt sich auf keine der gefundenen Textstellen.',
  ],
  ['The provider does not know the model {}.', 'Der Anbieter kennt das Modell {} nicht.'],
  ['No price is known for the model {}.', 'Für das Modell {} ist kein Preis bekannt.'],
  ['No price is known for an image of {}.', 'Für ein Bild von {} ist kein Preis bekannt.'],
  ['The model "{}" needs {}.', 'Das Modell „{}“ braucht {}.'],
  ['"{}" names no model.', '„{}“ nennt kein Modell.'],
  [
    'The model "{}" names no provider that is known here.',
    'Das Modell „{}“ nennt keinen Anbieter, der hier bekannt ist.',
  ],
  ['The model {} declined to write this.', 'Das Modell {} hat abgelehnt, das zu schreiben.'],
  ['This instance has no model for images.', 'Diese Instanz hat kein Modell für Bilder.'],
  ['It could not be read.', 'Das ließ sich nicht lesen.'],
  ['Check the spelling of the address.', 'Prüfe die Schreibweise der Adresse.'],
  [
    'Check the address and its port; it may be down just now.',
    'Prüfe die Adresse und ihren Port; vielleicht ist sie gerade nicht erreichbar.',
  ],
  [
    'Try again later, or open the page in a browser and paste its text as a source.',
    'Versuch es später erneut, oder öffne die Seite im Browser und füge ihren Text als Quelle ein.',
  ],
  [
    'Open the page in a browser and paste its text as a source.',
    'Öffne die Seite im Browser und füge ihren Text als Quelle ein.',
  ],
  ['Give the address of a website.', 'Gib die Adresse einer Website an.'],
  [
    'Give an address that begins with http:// or https://.',
    'Gib eine Adresse an, die mit http:// oder https:// beginnt.',
  ],
  [
    '{} may not be reached from here: it is no public address.',
    '{} darf von hier nicht erreicht werden: Das ist keine öffentliche Adresse.',
  ],
  [
    'Use a public http(s) address. One in a private network has to be listed by the operator in ALLOW_PRIVATE_HOSTS.',
    'Verwende eine öffentliche http(s)-Adresse. Eine im privaten Netz muss vom Betreiber in ALLOW_PRIVATE_HOSTS eingetragen werden.',
  ],
  [
    'The site does not allow robots on this page (robots.txt).',
    'Die Website erlaubt auf dieser Seite keine Programme (robots.txt).',
  ],
  [
    'Use another page, or paste its text if you may.',
    'Nimm eine andere Seite, oder füge ihren Text ein, wenn du darfst.',
  ],
  [
    '{} is on this machine or in a private network. blog-poster contacts such addresses only when its operator has listed them.',
    '{} liegt auf diesem Rechner oder in einem privaten Netz. blog-poster spricht solche Adressen nur an, wenn der Betreiber sie eingetragen hat.',
  ],

  // Mistakes in a field, as the schemas name them.
  ['Too small: expected string to have >=1 characters', 'Das fehlt noch.'],
  ['Too small: expected string to have >={} characters', 'Mindestens {} Zeichen.'],
  ['Too big: expected string to have <={} characters', 'Höchstens {} Zeichen.'],
  ['Too small: expected number to be >={}', 'Mindestens {}.'],
  ['Too small: expected number to be >{}', 'Mehr als {}.'],
  ['Too big: expected number to be <={}', 'Höchstens {}.'],
  [
    'Too small: expected array to have >={} items',
    (count) => (count === '1' ? 'Mindestens eines.' : `Mindestens ${count}.`),
  ],
  ['Too big: expected array to have <={} items', 'Höchstens {}.'],
  ['Invalid email address', 'Das ist keine E-Mail-Adresse.'],
  ['Invalid URL', 'Das ist keine Webadresse.'],
  ['Invalid input: expected {}, received undefined', 'Das fehlt noch.'],
  ['is needed to publish: choose a site, or publish "none"', 'Zum Veröffentlichen fehlt eine Website: Wähle eine.'],
];
