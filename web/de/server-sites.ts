import type { ServerTexts } from './server-texts.ts';

const newPassword =
  'Erstelle auf der Website unter Benutzer › Profil ein neues Anwendungspasswort und gib es mit dem Benutzernamen ein.';
const passHeader =
  'Lass den Webserver den Header Authorization an PHP weitergeben; mit den Zeilen unten tut er es, oder der Hoster kümmert sich darum.';
const roleOfEditor =
  'Gib dem Benutzer auf der Website die Rolle Redakteur, oder verbinde sie als Redakteur; dann versuch es erneut.';

/** What the check of a site finds, what sites refuse, and what a publication waits for. */
export const siteTexts: ServerTexts = [
  ['Nothing needs to be done.', 'Es ist nichts zu tun.'],
  ['“{}” answers at {}.', '„{}“ antwortet unter {}.'],
  [
    'The site uses plain permalinks; blog-poster works with them.',
    'Die Website benutzt einfache Permalinks; blog-poster kommt damit zurecht.',
  ],
  [
    'Readable addresses are better for search: choose one under Settings > Permalinks.',
    'Lesbare Adressen sind besser für Suchmaschinen: Wähle eine Form unter Einstellungen › Permalinks.',
  ],
  ['The site redirects to https; blog-poster uses {}.', 'Die Website leitet auf https um; blog-poster benutzt {}.'],
  ['Enter the address with https to spare the redirect.', 'Gib die Adresse mit https ein, um die Umleitung zu sparen.'],
  [
    'The site is reached over plain http, so the password travels unprotected.',
    'Die Website wird über einfaches http erreicht, das Passwort reist also ungeschützt.',
  ],
  [
    'Get a certificate from the host (usually free) and enter the address with https.',
    'Lass dir vom Hoster ein Zertifikat geben (meist kostenlos) und gib die Adresse mit https ein.',
  ],
  ['WordPress calls itself {}, but is reached at {}.', 'WordPress nennt sich {}, wird aber unter {} erreicht.'],
  [
    'Fine behind a proxy. If the site has moved, enter its new address.',
    'Hinter einem Proxy ist das in Ordnung. Wenn die Website umgezogen ist, gib ihre neue Adresse ein.',
  ],
  ['The clock of the site is {} minutes ahead of ours.', 'Die Uhr der Website geht unserer {} Minuten vor.'],
  ['The clock of the site is {} minutes behind ours.', 'Die Uhr der Website geht unserer {} Minuten nach.'],
  [
    'Posts would carry wrong times. Ask the host to set the clock by NTP, and look at the clock of this machine.',
    'Beiträge bekämen falsche Zeiten. Bitte den Hoster, die Uhr per NTP zu stellen, und sieh auf die Uhr dieses Rechners.',
  ],
  ['{} may not write posts.', '{} darf keine Beiträge schreiben.'],
  [
    'Give the user the role Author or Editor under Users on the site, or enter another user.',
    'Gib dem Benutzer auf der Website unter Benutzer die Rolle Autor oder Redakteur, oder gib einen anderen Benutzer ein.',
  ],
  ['{} may write and publish posts.', '{} darf Beiträge schreiben und veröffentlichen.'],
  ['{} may write drafts, but not publish them.', '{} darf Entwürfe schreiben, aber nicht veröffentlichen.'],
  [
    'Publish as draft, or give the user the role Author or Editor on the site.',
    'Veröffentliche als Entwurf, oder gib dem Benutzer auf der Website die Rolle Autor oder Redakteur.',
  ],
  ['{} may not upload images.', '{} darf keine Bilder hochladen.'],
  [
    'Give the user the role Author or Editor, or publish without images.',
    'Gib dem Benutzer die Rolle Autor oder Redakteur, oder veröffentliche ohne Bilder.',
  ],
  [
    'The login works at {} only, and is refused at {}: blog-poster uses the first.',
    'Die Anmeldung gelingt nur unter {} und wird unter {} abgelehnt: blog-poster benutzt die erste Adresse.',
  ],
  [
    'The web server loses the header Authorization at the other address.',
    'Der Webserver verliert unter der anderen Adresse den Header Authorization.',
  ],
  [
    'The site does not know the Application Password any more that it had given out: it was revoked, or the user is gone.',
    'Die Website kennt das Anwendungspasswort nicht mehr, das sie ausgegeben hatte: Es wurde widerrufen, oder den Benutzer gibt es nicht mehr.',
  ],
  ['Connect the site again.', 'Verbinde die Website neu.'],
  [
    'The user name or the Application Password is wrong: XML-RPC refuses it as well.',
    'Der Benutzername oder das Anwendungspasswort ist falsch: Auch XML-RPC lehnt es ab.',
  ],
  [
    'The password is that of the login page, which the REST API does not take.',
    'Das ist das Passwort der Anmeldeseite; die REST-API nimmt es nicht an.',
  ],
  ['Make a new Application Password under Users > Profile on the site and enter it with the user name.', newPassword],
  [
    'Let the web server pass the header Authorization on to PHP; with the lines below it does, or the host can see to it.',
    passHeader,
  ],
  [
    'The password is right, since XML-RPC accepts it, but over REST it does not reach WordPress: the web server drops the header Authorization.',
    'Das Passwort stimmt, denn XML-RPC nimmt es an, aber über REST kommt es nicht bei WordPress an: Der Webserver verwirft den Header Authorization.',
  ],
  [
    'The site refuses the Application Password that it has given out itself: most likely the web server drops the header Authorization.',
    'Die Website lehnt das Anwendungspasswort ab, das sie selbst ausgegeben hat: Wahrscheinlich verwirft der Webserver den Header Authorization.',
  ],
  [
    'Either the password is wrong: Make a new Application Password under Users > Profile on the site and enter it with the user name. Or the web server drops the header: Let the web server pass the header Authorization on to PHP; with the lines below it does, or the host can see to it.',
    `Entweder ist das Passwort falsch: ${newPassword} Oder der Webserver verwirft den Header: ${passHeader}`,
  ],
  [
    'The site runs WordPress {}; Application Passwords came with 5.6.',
    'Auf der Website läuft WordPress {}; Anwendungspasswörter gibt es seit 5.6.',
  ],
  ['Update WordPress under Dashboard > Updates.', 'Aktualisiere WordPress unter Dashboard › Aktualisierungen.'],
  ['The site does not offer Application Passwords.', 'Die Website bietet keine Anwendungspasswörter an.'],
  [
    'WordPress offers them over https only: enter the address with https.',
    'WordPress bietet sie nur über https an: Gib die Adresse mit https ein.',
  ],
  [
    'They need WordPress 5.6 or later, and a security plugin may have turned them off: turn them on there.',
    'Sie brauchen WordPress 5.6 oder neuer, und vielleicht hat ein Sicherheits-Plugin sie ausgeschaltet: Schalte sie dort ein.',
  ],
  [
    'No SEO plugin that blog-poster knows was found on the site.',
    'Auf der Website wurde kein SEO-Plugin gefunden, das blog-poster kennt.',
  ],
  [
    '{} was found; title, description and focus keyword are given to it.',
    '{} wurde gefunden; es bekommt Titel, Beschreibung und Fokus-Suchbegriff.',
  ],
  ['{} was found; what it takes could not be read.', '{} wurde gefunden; was es annimmt, ließ sich nicht lesen.'],
  [
    '{} was found; it takes title, description, focus keyword.',
    '{} wurde gefunden; es nimmt Titel, Beschreibung und Fokus-Suchbegriff an.',
  ],
  [
    '{} was found; over REST it takes {}, not {}.',
    (name, taken, left) => `${name} wurde gefunden; über REST nimmt es ${seoNames(taken)} an, nicht ${seoNames(left)}.`,
  ],
  [
    'Enter the rest in the editor of the site, or register these meta keys for REST there.',
    'Gib den Rest im Editor der Website ein, oder melde diese Meta-Schlüssel dort für REST an.',
  ],
  [
    'The trial image may still be in the media library of the site: {}.',
    'Das Probebild liegt vielleicht noch in der Mediathek der Website: {}.',
  ],
  [
    'Look for blog-poster-trial in the media library and delete it there.',
    'Such in der Mediathek nach blog-poster-trial und lösche es dort.',
  ],
  ['A trial image was uploaded and deleted again.', 'Ein Probebild wurde hochgeladen und wieder gelöscht.'],
  ['A trial image was refused: {}', 'Ein Probebild wurde abgelehnt: {}'],
  [
    'Let the user upload files on the site, or publish without images.',
    'Lass den Benutzer auf der Website Dateien hochladen, oder veröffentliche ohne Bilder.',
  ],
  ['“{}” is the same address, with the user {}.', '„{}“ ist dieselbe Adresse, mit dem Benutzer {}.'],

  // The mends of what sites refuse (src/wordpress/site-error.ts).
  [
    'Check the spelling of the address, and that the domain has not expired.',
    'Prüfe die Schreibweise der Adresse und ob die Domain noch besteht.',
  ],
  [
    'Check that the web server runs and that the port in the address is right.',
    'Prüfe, ob der Webserver läuft und der Port in der Adresse stimmt.',
  ],
  [
    'Open the site in a browser and look at its certificate; ask the host to renew or complete it.',
    'Öffne die Website im Browser und sieh dir ihr Zertifikat an; bitte den Hoster, es zu erneuern oder zu vervollständigen.',
  ],
  [
    'Renew the certificate, or ask the host to; renewal can be made automatic.',
    'Erneuere das Zertifikat, oder bitte den Hoster darum; das lässt sich automatisieren.',
  ],
  [
    'Get a certificate from a public authority: Let’s Encrypt and most hosts give one for free.',
    'Hol dir ein Zertifikat von einer öffentlichen Stelle: Let’s Encrypt und die meisten Hoster geben es kostenlos.',
  ],
  [
    'Enter the address that the certificate is made for (with or without www), or ask the host for one that names this address.',
    'Gib die Adresse ein, für die das Zertifikat gilt (mit oder ohne www), oder bitte den Hoster um eines für diese Adresse.',
  ],
  [
    'The site is slow or a firewall drops our requests; try again, then ask the host.',
    'Die Website ist langsam, oder eine Firewall verwirft unsere Anfragen; versuch es erneut, dann frag den Hoster.',
  ],
  [
    'Try again; if it keeps happening, ask the host what closes the connection.',
    'Versuch es erneut; wenn es weiter vorkommt, frag den Hoster, was die Verbindung schließt.',
  ],
  [
    'The site asks for fewer requests; the next attempt waits as long as it said.',
    'Die Website bittet um weniger Anfragen; der nächste Versuch wartet so lange, wie sie gesagt hat.',
  ],
  [
    'Look at the error log of the site; a plugin may fail, or it is being updated.',
    'Sieh in das Fehlerprotokoll der Website; vielleicht versagt ein Plugin, oder sie wird gerade aktualisiert.',
  ],
  [
    'Wait until the update is done. If it lasts, delete the file .maintenance in the folder of WordPress, or turn the maintenance mode off.',
    'Warte, bis die Aktualisierung fertig ist. Wenn sie nicht endet, lösche die Datei .maintenance im Ordner von WordPress, oder schalte den Wartungsmodus aus.',
  ],
  [
    'Try again; if it keeps happening, a plugin may be printing errors into the answer.',
    'Versuch es erneut; wenn es weiter vorkommt, schreibt vielleicht ein Plugin Fehler in die Antwort.',
  ],
  [
    'Use a public address, or list the host in ALLOW_PRIVATE_HOSTS.',
    'Verwende eine öffentliche Adresse, oder trag den Host in ALLOW_PRIVATE_HOSTS ein.',
  ],
  [
    'A plugin may be adding to the REST answers; ask the host of the site.',
    'Vielleicht bläht ein Plugin die Antworten der REST-API auf; frag den Hoster der Website.',
  ],
  [
    'Enter the address that the site redirects to as the address of the site.',
    'Gib die Adresse, auf die die Website umleitet, als ihre Adresse ein.',
  ],
  [
    'Enter the address that the site redirects to: passwords are not sent along to another host.',
    'Gib die Adresse ein, auf die die Website umleitet: Passwörter werden nicht an einen anderen Host weitergesendet.',
  ],
  [
    'Enter the address that the site redirects to, with www or without: a redirect loses the header with the password.',
    'Gib die Adresse ein, auf die die Website umleitet, mit www oder ohne: Eine Umleitung verliert den Header mit dem Passwort.',
  ],
  [
    'Let the site answer over https: the password would travel unprotected.',
    'Lass die Website über https antworten: Das Passwort würde sonst ungeschützt reisen.',
  ],
  [
    'Check that this is the address of the WordPress site itself, and that no security plugin turns the REST API off.',
    'Prüfe, ob das die Adresse der WordPress-Website selbst ist und kein Sicherheits-Plugin die REST-API ausschaltet.',
  ],
  [
    'Let users with an Application Password use the REST API in the security plugin that closes it, or turn that setting off.',
    'Erlaube Benutzern mit Anwendungspasswort die REST-API in dem Sicherheits-Plugin, das sie sperrt, oder schalte diese Einstellung aus.',
  ],
  [
    'Enter the address that WordPress names as the address of the site.',
    'Gib die Adresse, die WordPress nennt, als Adresse der Website ein.',
  ],
  [
    'A login wall, cache or firewall answers in place of the REST API; let /wp-json/ through.',
    'Eine Anmeldesperre, ein Cache oder eine Firewall antwortet statt der REST-API; lass /wp-json/ durch.',
  ],
  [
    'Make a new Application Password under Users > Profile (the login password does not work) and enter it with the user name. If it is right, the web server drops the Authorization header: let it pass to PHP.',
    `${newPassword} Das Anmeldepasswort funktioniert nicht. Wenn es stimmt, verwirft der Webserver den Header Authorization: Lass ihn zu PHP durch.`,
  ],
  [
    'Give the user the role Author or Editor on the site, or publish as a draft.',
    'Gib dem Benutzer auf der Website die Rolle Autor oder Redakteur, oder veröffentliche als Entwurf.',
  ],
  [
    'Allow blog-poster in the firewall or security plugin of the site.',
    'Erlaube blog-poster in der Firewall oder im Sicherheits-Plugin der Website.',
  ],
  ['It may have been deleted on the site.', 'Vielleicht wurde es auf der Website gelöscht.'],
  [
    'The site does not accept this kind of file; use JPEG, PNG or WebP.',
    'Die Website nimmt diese Art von Datei nicht an; nimm JPEG, PNG oder WebP.',
  ],
  [
    'Read what the site says, correct it and try again.',
    'Lies, was die Website sagt, berichtige es und versuch es erneut.',
  ],
  [
    'An editor has published it, or it has another author by now. Give the user the role Editor on the site, or connect it as an editor; then retry.',
    `Ein Redakteur hat ihn veröffentlicht, oder er hat inzwischen einen anderen Autor. ${roleOfEditor}`,
  ],
  [
    'A contributor may edit only their own drafts, an author only their own posts. Give the user the role Editor on the site, or connect it as an editor; then retry.',
    `Mitarbeiter dürfen nur ihre eigenen Entwürfe bearbeiten, Autoren nur ihre eigenen Beiträge. ${roleOfEditor}`,
  ],

  // What happened at the site; what it said itself follows in its own words.
  ['The name {} does not exist in DNS.', 'Den Namen {} gibt es im DNS nicht.'],
  ['The name {} has no address in DNS.', 'Der Name {} hat im DNS keine Adresse.'],
  [
    'The name {} could not be resolved just now: the DNS server did not answer.',
    'Der Name {} ließ sich gerade nicht auflösen: Der DNS-Server antwortete nicht.',
  ],
  [
    '{} refused the connection: nothing listens on that port.',
    '{} hat die Verbindung abgelehnt: Auf diesem Port antwortet nichts.',
  ],
  ['There is no route to {}.', 'Es gibt keinen Weg zu {}.'],
  [
    '{} cut the connection before the answer was complete.',
    '{} hat die Verbindung getrennt, bevor die Antwort vollständig war.',
  ],
  ['{} did not answer the attempt to connect.', '{} hat auf den Verbindungsversuch nicht geantwortet.'],
  ['{} accepted the request and then did not answer.', '{} hat die Anfrage angenommen und dann nicht geantwortet.'],
  ['{} stopped sending in the middle of its answer.', '{} hat mitten in der Antwort aufgehört zu senden.'],
  ['The TLS certificate of {} has expired.', 'Das TLS-Zertifikat von {} ist abgelaufen.'],
  ['The TLS certificate of {} is self-signed.', 'Das TLS-Zertifikat von {} ist selbst signiert.'],
  [
    'The TLS certificate of {} comes from an unknown authority.',
    'Das TLS-Zertifikat von {} kommt von einer unbekannten Stelle.',
  ],
  ['{} does not send the whole chain of its TLS certificate.', '{} sendet nicht die ganze Kette des TLS-Zertifikats.'],
  [
    'The TLS certificate that {} shows was made for another name.',
    'Das TLS-Zertifikat, das {} zeigt, gilt für einen anderen Namen.',
  ],
  ['{} has no REST API at this address{}', '{} hat unter dieser Adresse keine REST-API{}'],
  ['No REST API of WordPress was found at {}: {}.', 'Unter {} wurde keine REST-API von WordPress gefunden: {}.'],
  [
    '{} does not accept the user name and Application Password{}',
    '{} nimmt Benutzernamen und Anwendungspasswort nicht an{}',
  ],
  ['{} asks for fewer requests{}', '{} bittet um weniger Anfragen{}'],
  ['{} failed with status {}', '{} versagte mit Status {}'],
  ['{} is in maintenance mode{}', '{} ist im Wartungsmodus{}'],
  ['{} refused the request{}', '{} hat die Anfrage abgelehnt{}'],
  ['The user may not do this on {}', 'Der Benutzer darf das nicht auf {}'],
  [
    'The post is on the site already, but {} may not edit it there.',
    'Der Beitrag ist schon auf der Website, aber {} darf ihn dort nicht bearbeiten.',
  ],
  [
    'The post is on “{}”, but {} may not edit it there. Nothing of it was changed.',
    'Der Beitrag ist auf „{}“, aber {} darf ihn dort nicht bearbeiten. Nichts daran wurde geändert.',
  ],
  [
    'The post was deleted on {}; it was not made anew.',
    'Der Beitrag wurde auf {} gelöscht; er wurde nicht neu angelegt.',
  ],
  [
    'Open the publication to publish the article there again, or to leave it deleted.',
    'Öffne die Veröffentlichung, um den Artikel dort neu zu veröffentlichen oder ihn gelöscht zu lassen.',
  ],
  [
    'The post lies in the trash of {}; it was left there.',
    'Der Beitrag liegt im Papierkorb von {}; dort wurde er gelassen.',
  ],

  // What a publication waits for.
  ['It goes out at its time.', 'Er geht zu seiner Zeit hinaus.'],
  [
    '“{}” does not take posts; it goes on once it does.',
    '„{}“ nimmt keine Beiträge an; es geht weiter, sobald sie es wieder tut.',
  ],
  ['The queue of “{}” is paused.', 'Die Warteschlange von „{}“ ist pausiert.'],
  ['Attempt {} failed; the next one follows.', 'Versuch {} ist fehlgeschlagen; der nächste folgt.'],
  ['“{}” asks for fewer requests.', '„{}“ bittet um weniger Anfragen.'],
  ['Its turn comes after one other.', 'Er ist nach einem anderen dran.'],
  ['Its turn comes after {} others.', 'Er ist nach {} anderen dran.'],
  ['It is next.', 'Er ist als Nächster dran.'],
];

const seoNames = (names: string) =>
  names
    .replace('focus keyword', 'Fokus-Suchbegriff')
    .replace('description', 'Beschreibung')
    .replace('title', 'Titel')
    .replace('nothing', 'nichts');
