// Poses the head: weights of its shapes, lip seal, head angles and gaze to vertices, normals and texture coordinates. The same
// steps as `facetake preview` takes, on the same head; axes are glTF's (x to the subject's left, y up, z to the viewer).

const MOUTH_DARKEST = 0.55, MOUTH_LIT_M = 0.018, TEETH_CATCH = 0.6;
const RAD = Math.PI / 180, LEAST_WEIGHT = 1e-3;

export class Face {
  constructor(glb) {
    const { POSITION, NORMAL, TEXCOORD_0, _OPEN, _SOFT } = glb.attributes;
    Object.assign(this, {
      glb, rest: POSITION, restOpen: _OPEN, soft: _SOFT, indices: glb.indices, source: glb.anatomy.source,
      positions: POSITION.slice(), normals: NORMAL.slice(), uv: TEXCOORD_0.slice(), open: _OPEN.slice(),
    });
    this.column = Object.fromEntries(glb.names.map((name, i) => [name, i]));
    this.sums = new Float32Array(3 * (1 + this.source.reduce((a, b) => Math.max(a, b), 0)));
    this.restGaps = new Float32Array(3 * glb.anatomy.sealUpper.length);
    this.restGaps = this.gaps(this.rest).slice();
    this.looking = [NaN, NaN, NaN, NaN];
  }

  // weights: of all shapes at least, in the file's order; angles: yaw, pitch, roll in degrees
  pose(weights, seal, angles) {
    this.positions.set(this.rest);
    const tongue = this.column.tongueOut, out = Math.min(weights[tongue], this.roomForTongue(weights, seal));
    this.glb.targets.forEach((target, i) => {
      const weight = i === tongue ? out : weights[i];
      if (weight > LEAST_WEIGHT) addScaled(this.positions, target, weight);
    });
    this.closeLips(seal);
    this.clearEyes();
    this.lightMouth();
    this.lightEyes();
    this.turn(angles);
    this.findNormals();
    this.look(weights);
  }

  // Lips that leave it no room keep the tongue behind them
  roomForTongue(weights, seal) {
    const { inside, shut, room, lowered } = this.glb.anatomy.tongue, w = (name) => weights[this.column[name]];
    const lower = 0.5 * (w("mouthLowerDownLeft") + w("mouthLowerDownRight"));
    return inside + room * Math.max((w("jawOpen") + lowered * lower) * (1 - seal) - shut, 0);
  }

  // From upper to lower points along the mouth line, less the way at rest: y below 0 is open, above 0 crossed
  gaps(positions) {
    const { sealUpper, sealLower, sealMix } = this.glb.anatomy;
    const found = new Float32Array(3 * sealUpper.length);
    sealUpper.forEach((upper, i) => {
      const [a, b] = [sealLower[2 * i], sealLower[2 * i + 1]], [u, v] = [sealMix[2 * i], sealMix[2 * i + 1]];
      for (let k = 0; k < 3; k += 1) {
        const lower = u * positions[3 * a + k] + v * positions[3 * b + k];
        found[3 * i + k] = lower - positions[3 * upper + k] - this.restGaps[3 * i + k];
      }
    });
    return found;
  }

  closeLips(seal) {
    const { sealMoved, sealFollow } = this.glb.anatomy;
    for (let pass = 0; pass < 2; pass += 1) {  // what follows one pair also moves its neighbours
      const gaps = this.gaps(this.positions), pairs = gaps.length / 3;
      for (let i = 0; i < pairs; i += 1) {
        const weight = gaps[3 * i + 1] > 0 ? 1 : seal;
        for (let k = 0; k < 3; k += 1) gaps[3 * i + k] *= weight;
      }
      sealMoved.forEach((vertex, row) => {
        for (let i = 0; i < pairs; i += 1) {
          const follow = sealFollow[row * pairs + i];
          if (follow) for (let k = 0; k < 3; k += 1) this.positions[3 * vertex + k] += follow * gaps[3 * i + k];
        }
      });
    }
  }

  // No eye pokes through a closed lid
  clearEyes() {
    const { lids, eyeCentres, eyeRadius, lidClearance } = this.glb.anatomy, p = this.positions;
    for (const [cx, cy, cz] of eyeCentres) {
      for (const vertex of lids) {
        const x = p[3 * vertex] - cx, y = p[3 * vertex + 1] - cy, z = p[3 * vertex + 2] - cz;
        const distance = Math.hypot(x, y, z), wanted = eyeRadius + lidClearance;
        if (distance >= wanted) continue;
        const scale = wanted / Math.max(distance, 1e-6);
        p[3 * vertex] = cx + x * scale;
        p[3 * vertex + 1] = cy + y * scale;
        p[3 * vertex + 2] = cz + z * scale;
      }
    }
  }

  // The inside of the mouth is darker the less it is open; teeth stand in front and catch more of what comes in
  lightMouth() {
    const { mouth, teeth } = this.glb.anatomy, gaps = this.gaps(this.positions);
    let widest = 0;
    for (let i = 1; i < gaps.length; i += 3) widest = Math.max(widest, -gaps[i]);
    const light = MOUTH_DARKEST + (1 - MOUTH_DARKEST) * Math.min(widest / MOUTH_LIT_M, 1);
    for (const vertex of mouth) this.open[vertex] = this.restOpen[vertex] * light;
    for (const vertex of teeth) this.open[vertex] /= light ** TEETH_CATCH;
  }

  // Lids shade the eye between them: left, then right
  lightEyes() {
    const { eyes, lidMiddles, eyesLit: [darkest, lit] } = this.glb.anatomy, p = this.positions;
    const [left, right] = [0, 1].map((side) => {
      const [upper, lower] = [3 * lidMiddles[2 * side], 3 * lidMiddles[2 * side + 1]];
      const opened = Math.hypot(p[lower] - p[upper], p[lower + 1] - p[upper + 1], p[lower + 2] - p[upper + 2]) / lit;
      return Math.min(opened, 1) ** 2 * (1 - darkest) + darkest;
    });
    for (const vertex of eyes) this.open[vertex] = this.restOpen[vertex] * (this.rest[3 * vertex] > 0 ? left : right);
  }

  // The head turns on its neck, which follows less and less towards the shoulders
  turn(angles) {
    const { pivot, neck: [top, bottom] } = this.glb.anatomy, p = this.positions, m = rotation(...angles);
    for (let i = 0; i < p.length; i += 3) {
      const ramp = Math.min(Math.max((this.rest[i + 1] - bottom) / (top - bottom), 0), 1);
      if (!ramp) continue;
      const share = ramp * ramp * (3 - 2 * ramp), local = [p[i] - pivot[0], p[i + 1] - pivot[1], p[i + 2] - pivot[2]];
      for (let k = 0; k < 3; k += 1) {
        const turned = m[k][0] * local[0] + m[k][1] * local[1] + m[k][2] * local[2];
        p[i + k] = pivot[k] + local[k] + share * (turned - local[k]);
      }
    }
  }

  // Area-weighted, and shared by the copies of a vertex on a seam
  findNormals() {
    const { positions: p, indices, source, sums, normals } = this;
    sums.fill(0);
    for (let f = 0; f < indices.length; f += 3) {
      const a = 3 * indices[f], b = 3 * indices[f + 1], c = 3 * indices[f + 2];
      const ux = p[b] - p[a], uy = p[b + 1] - p[a + 1], uz = p[b + 2] - p[a + 2];
      const vx = p[c] - p[a], vy = p[c + 1] - p[a + 1], vz = p[c + 2] - p[a + 2];
      const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
      for (let k = 0; k < 3; k += 1) {
        const s = 3 * source[indices[f + k]];
        sums[s] += nx;
        sums[s + 1] += ny;
        sums[s + 2] += nz;
      }
    }
    for (let i = 0; i < source.length; i += 1) {
      const s = 3 * source[i];
      for (let k = 0; k < 3; k += 1) normals[3 * i + k] = sums[s + k];  // the shader makes them unit
    }
  }

  // How much of each kind of wrinkle shows: on the right side of the face, and on the left
  folds(weights) {
    const { rest, shapes } = this.glb.anatomy.wrinkles;
    return ["Right", "Left"].map((side) => shapes.map((terms, kind) => {
      const of = ([name, share]) => share * weights[this.column[name.replace("*", side)]];
      const shown = Object.entries(terms).reduce((sum, term) => sum + of(term), rest[kind]);
      return Math.min(Math.max(shown, 0), 1);
    }));
  }

  // Irises slide over eyeballs that lids fit
  look(weights) {
    const w = (name) => weights[this.column[name]], { gazeDeg: [yawDeg, pitchDeg] } = this.glb.anatomy;
    const looking = [
      (w("eyeLookOutLeft") - w("eyeLookInLeft")) * yawDeg, (w("eyeLookUpLeft") - w("eyeLookDownLeft")) * pitchDeg,
      (w("eyeLookInRight") - w("eyeLookOutRight")) * yawDeg, (w("eyeLookUpRight") - w("eyeLookDownRight")) * pitchDeg,
    ];
    if (looking.every((angle, i) => angle === this.looking[i])) return;
    this.looking = looking;
    const turns = [rotation(looking[0], looking[1], 0), rotation(looking[2], looking[3], 0)];
    for (const vertex of this.glb.anatomy.eyes) this.slideIris(vertex, turns);
  }

  slideIris(vertex, turns) {
    const { eyeCentres, eyeRadius, iris: [middleU, middleV, span] } = this.glb.anatomy, r = this.rest;
    const side = r[3 * vertex] > 0 ? 0 : 1, centre = eyeCentres[side], m = turns[side];
    const d = [0, 1, 2].map((k) => (r[3 * vertex + k] - centre[k]) / eyeRadius);
    const [x, y, z] = [0, 1, 2].map((k) => m[0][k] * d[0] + m[1][k] * d[1] + m[2][k] * d[2]);  // turned back
    const angle = Math.acos(Math.min(Math.max(z, -1), 1)) / Math.PI, length = Math.max(Math.hypot(x, y), 1e-9);
    const on = (across) => Math.min(Math.max((angle * across) / length, -0.5), 0.5);
    this.uv[2 * vertex] = middleU + span * on(x);
    this.uv[2 * vertex + 1] = middleV + span * on(-y);
  }
}

function addScaled(positions, { rows, values }, weight) {
  for (let i = 0; i < rows.length; i += 1) {
    const at = 3 * rows[i];
    positions[at] += weight * values[3 * i];
    positions[at + 1] += weight * values[3 * i + 1];
    positions[at + 2] += weight * values[3 * i + 2];
  }
}

// Roll first, then pitch, then yaw, in degrees; positive: towards the subject's left shoulder, up, to the subject's left
export function rotation(yawDeg, pitchDeg, rollDeg) {
  const [cy, sy, cp, sp, cr, sr] = [yawDeg, pitchDeg, rollDeg].flatMap((angle) => [Math.cos(angle * RAD), Math.sin(angle * RAD)]);
  const turn = [[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]];
  const nod = [[1, 0, 0], [0, cp, sp], [0, -sp, cp]];
  const tip = [[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]];
  return product(product(turn, nod), tip);
}

function product(a, b) {
  return a.map((row) => [0, 1, 2].map((j) => row[0] * b[0][j] + row[1] * b[1][j] + row[2] * b[2][j]));
}
