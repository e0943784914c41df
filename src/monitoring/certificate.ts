import { connect } from 'node:tls';

/** In milliseconds. */
const answerMs = 5_000;

/** Until when the certificate that answers at an https address holds; null when none could be read. Never throws. */
export function certificateUntil(address: string): Promise<Date | null> {
  const { hostname, port, protocol } = new URL(address);
  if (protocol !== 'https:') return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port || 443),
      servername: hostname,
      // It is to be looked at, also when it is no good any more.
      rejectUnauthorized: false,
      timeout: answerMs,
    });
    const end = (until: Date | null) => {
      socket.destroy();
      resolve(until);
    };
    socket.once('secureConnect', () => {
      const until = new Date(socket.getPeerCertificate().valid_to ?? '');
      end(Number.isNaN(until.getTime()) ? null : until);
    });
    socket.once('timeout', () => end(null));
    socket.once('error', () => end(null));
  });
}
