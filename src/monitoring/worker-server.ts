import { createServer } from 'node:http';
import type { AppContext } from '../context.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { isMonitor } from './monitor-token.ts';

/**
 * What a worker, which serves nothing else, says at WORKER_PORT: that it is alive, and the metrics of its process. What the
 * whole instance has counted is told by the web. Returns what ends it. Throws when the port cannot be taken.
 */
export async function listenForWorker(ctx: AppContext): Promise<() => void> {
  let metrics: Promise<Metrics> | null = null;
  const { metricsToken } = ctx.secrets;
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/health/live') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"alive"}');
      return;
    }
    if (path !== '/metrics' || metricsToken === null) {
      response.writeHead(404).end();
      return;
    }
    if (!isMonitor(request.headers.authorization, metricsToken)) {
      response.writeHead(401).end();
      return;
    }
    try {
      metrics ??= createMetrics(ctx);
      const { contentType, read } = await metrics;
      const text = await read();
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
    } catch (error) {
      ctx.log.error({ err: error }, 'the metrics of this worker could not be read');
      response.writeHead(500).end();
    }
  });
  const { host } = ctx.config.http;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: ctx.config.monitoring.workerPort ?? 0 }, resolve);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
