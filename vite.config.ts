/** How the web pages are built: from src/web into dist/web, with a manifest from which the server writes preloads. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { leanHls } from './src/player/lean-hls.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Files this small are hardly smaller packed. */
const PACK_FROM_BYTES = 1024

/**
 * Packs what is fetched once, here: at its best brotli takes a second for the player's engine, and the first viewer
 * after a start would wait for it.
 */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      for (const file of Object.values(bundle)) {
        const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source)
        if (!/\.(js|css|svg)$/.test(file.fileName) || bytes.byteLength < PACK_FROM_BYTES) continue
        await writeFile(join(dir, `${file.fileName}.br`), brotliCompressSync(bytes))
        await writeFile(join(dir, `${file.fileName}.gz`), gzipSync(bytes, { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  root: at('./src/web'),
  cacheDir: at('./node_modules/.vite'),
  plugins: [react(), leanHls(), packed()],
  build: {
    outDir: at('./dist/web'),
    // A page that was opened before this build still asks for the chunks of the one it came from.
    emptyOutDir: false,
    manifest: true,
    target: 'es2022',
    // One style sheet for all pages: a second one that arrives late would move what is already drawn.
    cssCodeSplit: false,
    // The page's policy allows no inline data for scripts, and small files gain nothing from being inlined.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: [at('./src/web/index.html'), at('./src/web/worker/service-worker.ts')],
      output: {
        // Its address is where browsers look for the next one, and its folder what it may answer for: it stands at the root.
        entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      '/api': { target: 'http://127.0.0.1:8080', ws: true },
      '/videos': 'http://127.0.0.1:8080',
      '/t/': 'http://127.0.0.1:8080',
    },
  },
})
