/**
 * Lip-sync nodes of Web Audio, run in Node as they are published: what stands below is the little of Web Audio they ask for.
 *
 *     node web_audio_peers.mjs FOLDER headaudio|wlipsync SOUND.f32 OUT.json [PROFILE.json]
 *
 * FOLDER holds node_modules; SOUND is mono float32 at 48 kHz. Writes the weights by name at 60 frames a second and the
 * seconds it took, start-up apart. Messages between a node and its processor arrive at once, as in no browser; on
 * tests/data/real_lips' speech_a every one of them is the same as Chromium's OfflineAudioContext gives.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const RATE_HZ = 48_000;
const BLOCK = 128;
const FPS = 60;
const [folder, name, soundPath, outPath, profilePath] = process.argv.slice(2);
const packages = join(folder, "node_modules");
const processors = new Map();

/** A port that hands a message to the other side's handler. */
class Port {
  onmessage = null;
  other = null;
  postMessage(data) {
    this.other?.onmessage?.({ data });
  }
}

function joinedPorts() {
  const [one, two] = [new Port(), new Port()];
  one.other = two;
  two.other = one;
  return [one, two];
}

let portOfProcessor = null;
globalThis.sampleRate = RATE_HZ;
globalThis.currentTime = 0;
globalThis.registerProcessor = (key, kind) => processors.set(key, kind);
globalThis.AudioWorkletProcessor = class {
  port = portOfProcessor;
};
globalThis.AudioWorkletNode = class {
  constructor(_context, key, options = {}) {
    const Processor = processors.get(key);
    [this.port, portOfProcessor] = joinedPorts();
    const asked = options.parameterData ?? {};
    const values = (Processor.parameterDescriptors ?? []).map((p) => [p.name, asked[p.name] ?? p.defaultValue]);
    this.values = Object.fromEntries(values.map(([key, value]) => [key, Float32Array.of(value)]));
    this.processor = new Processor(options);
  }
  process(block) {
    this.processor.process([[block]], [], this.values);
  }
};
const browsersFetch = globalThis.fetch;
globalThis.fetch = async (where) =>
  String(where).startsWith("file:") ? new Response(await readFile(new URL(where))) : browsersFetch(where);

function bring(...path) {
  return import(pathToFileURL(join(packages, ...path)));
}

/** A node and what it shows at an instant, as its package's own example reads it. */
async function headaudio() {
  const inside = ["@met4citizen", "headaudio"];
  await bring(...inside, "dist", "headworklet.min.mjs");
  const { HeadAudio } = await bring(...inside, "dist", "headaudio.min.mjs");
  const node = new HeadAudio(null);
  const weights = {};
  node.onvalue = (key, value) => (weights[key] = value);
  await node.loadModel(pathToFileURL(join(packages, ...inside, "dist", "model-en-mixed.bin")).href);
  return [node, () => (node.update(1000 / FPS), weights)];
}

async function wlipsync() {
  await bring("wlipsync", "dist", "audio-processor.js");
  const { createWLipSyncNode, configuration } = await bring("wlipsync", "dist", "wlipsync.js");
  configuration.wasmModule = await WebAssembly.compile(await readFile(join(packages, "wlipsync", "dist", "wlipsync.wasm")));
  const node = await createWLipSyncNode(null, JSON.parse(await readFile(profilePath, "utf-8")));
  await new Promise((ready) => setTimeout(ready, 200)); // its processor readies itself without telling
  const shown = () => Object.fromEntries(Object.entries(node.weights).map(([key, value]) => [key, value * node.volume]));
  return [node, shown];
}

const bytes = await readFile(soundPath);
const sound = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
const [node, shown] = await { headaudio, wlipsync }[name]();
const frames = [];
const began = performance.now();
for (let at = 0; at + BLOCK <= sound.length; at += BLOCK) {
  globalThis.currentTime = at / RATE_HZ;
  node.process(sound.subarray(at, at + BLOCK));
  while (frames.length / FPS <= (at + BLOCK) / RATE_HZ) frames.push({ ...shown() });
}
const seconds = (performance.now() - began) / 1000;
await writeFile(outPath, JSON.stringify({ seconds, frames }));
