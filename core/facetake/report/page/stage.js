// Draws the posed head with three.js: the camera, the three lights and the soft skin of `facetake preview`.
import * as THREE from "three";
import { Face } from "report/face";
import { readGlb } from "report/glb";

const DISTANCE_M = 1.15, FOV_DEG = 16.6, EYE_LINE_M = -0.012;
// Drawn on twice the pixels each way and shown smaller, as the preview does: smooth, and what software gets wrong in a
// triangle thinner than a pixel is not seen
const PIXELS_A_POINT = 2;
const DRAG_RAD_PER_PX = 0.008, MOST_YAW = 1.6, MOST_PITCH = 0.6;

// At a centroid, as a smoothed edge would otherwise read texture outside a thin triangle
const VARYINGS = ["vec3 vNormal_", "vec3 vView", "vec2 vAt", "float vOpen", "float vSoft"]
  .map((one) => `centroid varying ${one};`).join(" ");

const VERTEX = `
attribute float open_; attribute float soft;
${VARYINGS}
void main() {
  vec4 seen = modelViewMatrix * vec4(position, 1.0);
  vNormal_ = normalMatrix * normal; vView = -seen.xyz; vAt = uv; vOpen = open_; vSoft = soft;
  gl_Position = projectionMatrix * seen;
}`;

// Directions towards the lights (x right, y up, z to the viewer) and their linear colour; then light from above and below
const FRAGMENT = `
uniform sampler2D colour; uniform sampler2D roughness;
${VARYINGS}
uniform sampler2D folds; uniform vec4 foldsRight; uniform vec4 foldsLeft; uniform vec4 foldsPlace; uniform vec2 atlas;
const float DEPTH_M = 0.0011, DARK = 0.42, BLEND = 14.0;
const vec3 SKY = vec3(0.36, 0.38, 0.42), GROUND = vec3(0.22, 0.185, 0.165), WRAP = vec3(0.34, 0.19, 0.13);
void light(vec3 towards, vec3 lit, vec3 n, vec3 v, float power, float norm, float shadow, inout vec3 diffuse, inout vec3 gleam) {
  vec3 l = normalize(towards), wrap = WRAP * vSoft;
  float cosine = dot(n, l);
  diffuse += max((cosine + wrap) / (1.0 + wrap), 0.0) * lit * 0.42 * shadow;
  float halfway = clamp(dot(normalize(l + v), n), 1e-4, 1.0);
  if (cosine > 0.0) gleam += lit * norm * pow(halfway, power) * min(cosine * 4.0, 1.0) * shadow;
}
// How deep the skin is folded at a texel of the wrinkles' picture, which has its four kinds one below the other
float foldAt(vec2 at, float side) {
  if (any(lessThan(at, vec2(1.0))) || any(greaterThan(at, foldsPlace.zw - 1.0))) return 0.0;
  vec4 shown = mix(foldsRight, foldsLeft, side);
  vec2 whole = foldsPlace.zw * vec2(1.0, 4.0);
  float sum = 0.0;
  for (int kind = 0; kind < 4; kind += 1) {
    sum += shown[kind] * texture2D(folds, (at + vec2(0.0, float(kind) * foldsPlace.w)) / whole).r;
  }
  return sum;
}
void main() {
  vec3 n = normalize(vNormal_), v = normalize(vView), albedo = texture2D(colour, vAt).rgb;
  if (vSoft > 0.99) {
    vec2 at = vAt * atlas.x, dx = dFdx(at), dy = dFdy(at);
    float side = clamp((at.x - atlas.y) / BLEND + 0.5, 0.0, 1.0);
    at -= foldsPlace.xy;
    float here = foldAt(at, side);
    vec2 slope = vec2(foldAt(at + vec2(1.0, 0.0), side), foldAt(at + vec2(0.0, 1.0), side)) - here;
    vec3 sx = -dFdx(vView), sy = -dFdy(vView), rx = cross(sy, n), ry = cross(n, sx);
    float area = dot(sx, rx);
    n = normalize(abs(area) * n + DEPTH_M * sign(area) * (dot(slope, dx) * rx + dot(slope, dy) * ry));
    float dark = 1.0 - DARK * min(here, 1.0);
    albedo *= vec3(0.3 + 0.7 * dark, dark, dark);
  }
  float gloss = 1.0 - texture2D(roughness, vAt).g, open = clamp(vOpen, 0.0, 1.0), shut = 1.0 - open;
  vec3 reach = vec3(1.0 - shut * (1.0 - 0.30 * vSoft), 1.0 - shut * (1.0 - 0.10 * vSoft), open);
  vec3 diffuse = mix(GROUND, SKY, 0.5 + 0.5 * n.y) * reach, gleam = vec3(0.0);
  float power = 6.0 + 700.0 * gloss * gloss * gloss * gloss, shadow = open * (2.0 - open);
  float fresnel = 0.028 + 0.30 * pow(1.0 - clamp(dot(n, v), 0.0, 1.0), 5.0);
  float norm = (power + 8.0) * 0.125 * fresnel * (0.2 + gloss);
  light(vec3(-0.55, 0.62, 0.75), vec3(2.05, 1.92, 1.76), n, v, power, norm, shadow, diffuse, gleam);
  light(vec3(0.85, 0.10, 0.55), vec3(0.42, 0.48, 0.58), n, v, power, norm, shadow, diffuse, gleam);
  light(vec3(0.75, 0.55, -0.60), vec3(1.30, 1.34, 1.45), n, v, power, norm, shadow, diffuse, gleam);
  vec3 linear = albedo * diffuse + gleam;
  vec3 toned = mix(linear, 0.6 + 0.4 * (1.0 - exp(-(linear - 0.6) / 0.4)), step(0.6, linear));
  vec3 srgb = mix(12.92 * toned, 1.055 * pow(max(toned, 1e-5), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, toned));
  gl_FragColor = vec4(clamp(srgb, 0.0, 1.0), 1.0);
}`;

export class Stage {
  static async open(canvas, bytes) {
    const glb = readGlb(bytes);
    const bitmaps = await Promise.all(glb.images.map((image) => createImageBitmap(image, { colorSpaceConversion: "none", premultiplyAlpha: "none" })));
    return new Stage(canvas, new Face(glb), bitmaps);
  }

  constructor(canvas, face, [colour, roughness, folds]) {
    Object.assign(this, { canvas, face, rest: new Float32Array(face.glb.names.length) });
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: devicePixelRatio > 1, alpha: true, preserveDrawingBuffer: true });
    this.camera = new THREE.PerspectiveCamera(FOV_DEG, 1, 0.3, 3);
    this.camera.position.set(0, EYE_LINE_M, DISTANCE_M);
    this.scene = new THREE.Scene();
    this.geometry = geometryOf(face);
    const { at, size, middle, atlas } = face.glb.anatomy.wrinkles;
    const uniforms = {
      colour: { value: textureOf(colour, THREE.SRGBColorSpace) }, roughness: { value: textureOf(roughness, THREE.NoColorSpace) },
      folds: { value: textureOf(folds, THREE.NoColorSpace) }, foldsPlace: { value: new THREE.Vector4(...at, ...size) },
      foldsRight: { value: new THREE.Vector4() }, foldsLeft: { value: new THREE.Vector4() },
      atlas: { value: new THREE.Vector2(atlas, middle) },
    };
    this.material = new THREE.ShaderMaterial({ uniforms, vertexShader: VERTEX, fragmentShader: FRAGMENT });
    this.mesh = new THREE.Mesh(this.geometry, this.material);
    this.mesh.frustumCulled = false;
    this.scene.add(this.mesh);
    this.listenForDrags();
    new ResizeObserver(() => this.fit()).observe(canvas.parentElement);
    this.fit();
  }

  show(weights, seal, angles) {
    this.face.pose(weights, seal, angles);
    const [right, left] = this.face.folds(weights);
    this.material.uniforms.foldsRight.value.set(...right);
    this.material.uniforms.foldsLeft.value.set(...left);
    for (const attribute of Object.values(this.geometry.attributes)) attribute.needsUpdate = true;
    this.draw();
  }

  relax() {
    this.show(this.rest, 0, [0, 0, 0]);
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    if (!width || !height) return;
    this.renderer.setPixelRatio(PIXELS_A_POINT);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    const narrow = Math.atan(Math.tan((FOV_DEG / 2) * (Math.PI / 180)) / Math.min(this.camera.aspect, 1));
    this.camera.fov = (narrow * 360) / Math.PI;
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  draw() {
    this.renderer.render(this.scene, this.camera);
  }

  listenForDrags() {
    const clamped = (value, most) => Math.min(Math.max(value, -most), most);
    this.canvas.addEventListener("pointerdown", (event) => this.canvas.setPointerCapture(event.pointerId));
    this.canvas.addEventListener("pointermove", (event) => {
      if (!this.canvas.hasPointerCapture(event.pointerId)) return;
      this.mesh.rotation.y = clamped(this.mesh.rotation.y + event.movementX * DRAG_RAD_PER_PX, MOST_YAW);
      this.mesh.rotation.x = clamped(this.mesh.rotation.x + event.movementY * DRAG_RAD_PER_PX, MOST_PITCH);
      this.draw();
    });
    this.canvas.addEventListener("dblclick", () => {
      this.mesh.rotation.set(0, 0, 0);
      this.draw();
    });
  }
}

function geometryOf(face) {
  const geometry = new THREE.BufferGeometry();
  const add = (name, array, width, usage) => {
    geometry.setAttribute(name, new THREE.BufferAttribute(array, width).setUsage(usage));
  };
  add("position", face.positions, 3, THREE.DynamicDrawUsage);
  add("normal", face.normals, 3, THREE.DynamicDrawUsage);
  add("uv", face.uv, 2, THREE.DynamicDrawUsage);
  add("open_", face.open, 1, THREE.DynamicDrawUsage);
  add("soft", face.soft, 1, THREE.StaticDrawUsage);
  geometry.setIndex(new THREE.BufferAttribute(face.indices, 1));
  return geometry;
}

// Without smaller versions, in which neighbours in the atlas run into each other, and as the preview reads it
function textureOf(bitmap, colorSpace) {
  const texture = new THREE.Texture(bitmap);
  Object.assign(texture, { colorSpace, flipY: false, generateMipmaps: false, minFilter: THREE.LinearFilter, needsUpdate: true });
  return texture;
}
