// Reads what this report needs of a binary glTF file: the first mesh, its morph targets, textures and our `extras`.

const TYPES = { 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
const MAGIC = 0x46546c67, HEAD_BYTES = 12, CHUNK_HEAD_BYTES = 8;

export function readGlb(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new Error("the head inside this report is not a .glb");
  const length = view.getUint32(HEAD_BYTES, true), start = HEAD_BYTES + CHUNK_HEAD_BYTES;
  const file = JSON.parse(new TextDecoder().decode(bytes.subarray(start, start + length)));
  const data = bytes.slice(start + length + CHUNK_HEAD_BYTES);
  const slice = (number) => {
    const { byteOffset, byteLength } = file.bufferViews[number];
    return data.buffer.slice(byteOffset, byteOffset + byteLength);
  };
  const accessor = (number) => new TYPES[file.accessors[number].componentType](slice(file.accessors[number].bufferView));
  const mesh = file.meshes[0], primitive = mesh.primitives[0];
  return {
    attributes: Object.fromEntries(Object.entries(primitive.attributes).map(([name, one]) => [name, accessor(one)])),
    indices: accessor(primitive.indices),
    targets: primitive.targets.map((target) => sparse(file.accessors[target.POSITION].sparse, slice)),
    names: mesh.extras.targetNames,
    anatomy: anatomyOf(mesh.extras.facetake, file, accessor),
    images: file.images.map((image) => new Blob([slice(image.bufferView)], { type: image.mimeType })),
  };
}

function sparse({ indices, values }, slice) {
  return { rows: new TYPES[indices.componentType](slice(indices.bufferView)), values: new Float32Array(slice(values.bufferView)) };
}

// Whole numbers of these keys are accessors; everything else stands for itself
const SETS = ["source", "sealUpper", "sealLower", "sealMoved", "lids", "lidMiddles", "eyes", "mouth", "teeth", "sealMix", "sealFollow"];

function anatomyOf(extras, file, accessor) {
  return { ...extras, ...Object.fromEntries(SETS.map((name) => [name, accessor(extras[name])])) };
}

