/** What a mail address may look like here: what is in use, without the quoted forms that RFC 5321 also allows. */
const address = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
/** RFC 5321, 4.5.3.1.3, without the angle brackets. */
const longestAddress = 254;

/** Whether a text is one mail address and nothing else: no list, no name, no line break that would begin a header. */
export function isMailAddress(text: string): boolean {
  return text.length <= longestAddress && address.test(text);
}

/** Name and address of a mailbox such as `Posts <posts@example.com>`, as MAIL_FROM has it. */
export function parseMailbox(mailbox: string): { name: string; address: string } {
  const [, name = '', inBrackets] = /^([^<]*)<([^<>]+)>$/.exec(mailbox) ?? [];
  return { name: name.trim(), address: inBrackets ?? mailbox };
}
