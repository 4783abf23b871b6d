"""Specs at the edges of the language, for the emitted source: it must survive them all.

Long names, words and floats as parameters, splits inside splits inside blocks, names that
Python or torch know, gates, and networks of almost nothing.
"""

from __future__ import annotations

from dsl import loads
from dsl.models.spec import Spec

LONG = "l" + "o" * 62 + "g"
OTHER = "m" + "o" * 62 + "g"
assert len(LONG) == len(OTHER) == 64, "the longest that the language takes"

TEXTS: dict[str, str] = {}

TEXTS["word_parameters"] = """
inception:
  A:
    params: {act: relu, norm: batch, pad: same}
    concat: [3x3 8 act=act norm=norm pad=pad, [1x1 4 act=act, 3x3 4]]
  B: {params: [act], concat: [A act=act, {add: [1x1 in], residual: {act: act}}]}
body:
  - a: A
  - b: A act=tanh
  - c: A act=none norm=none
  - d: A pad=tf_same norm=none act=none
  - e: B act=silu
  - f: B act=none x2
head: [globalpool avg, fc classes]
"""

TEXTS["strided"] = """
strided:
  A: {params: [s], concat: [3x3 4 /s, maxpool 3x3 /s, [1x1 in*2, avgpool 3x3 /s]]}
  Unit:
    params: {w: , s: 1, pad: same}
    concat: [1x1 w /s, [1x1 w/2, 3x3 w /s], sepconv 3x3 w /s pad=pad]
    then: 1x1 w
  Tall: {params: [s], do: [3x3 4 /sx1, 1x3 in /1xs]}
stem: [3x3 8]
body:
  - [Unit w=8, Unit w=6 s=2 pad=tf_same, Unit w=6 pad=tf_same]
  - {twice: A s=1 x2}
  - {once: A s=2}
  - {tall: Tall s=2}
head: [globalpool avg, fc classes]
"""

TEXTS["learned"] = """
defaults: {act: leakyrelu:0.1}
stem: [3x3 8 leakyrelu, 3x3 8 prelu, 3x3 8 prelu:channelwise, 3x3 8 leakyrelu:0, leakyrelu 0.3]
inception:
  A:
    params: {s: 0.2, start: 1e-6, act: prelu}
    concat: [1x1 8, [1x1 8 hardswish, leakyrelu s, 3x3 8 act=act, act act]]
    then: [1x1 in linear, scale start]
    residual: {act: act}
  D:
    params: {p: 0.5, e: 0.1, n: 8}
    concat: [[3x3 n, l2norm, droppath 0], [l2norm eps=e, droppath p]]
    then: [1x1 in linear, droppath p]
    residual: {scale: 0.3, act: none}
  B: {params: {act: leakyrelu:0.5, kind: channelwise}, do: [prelu kind, 3x3 in act=act]}
body: [a: A, b: A s=0.3 act=none, c: A act=leakyrelu:0.2 start=1 x2, d: B, e: B act=mish, scale 3,
  f: D p=0..0.3 e=1..4 n=2..8 x4, g: D p=1, h: [D p=0.5..0 x2], l2norm eps=2]
head: [globalpool avg, elu, l2norm, droppath 0.4, prelu channelwise, scale 2, prelu,
  fc classes, hardsigmoid]
"""

TEXTS["gates"] = """
stem: [3x3 8 act=none, {mul: [identity, sigmoid]}]
inception:
  SE:
    params: {act: sigmoid}
    mul: [identity, gate: [globalpool avg, 1x1 in/4 norm=none, 1x1 in linear nobias act=act]]
  A:
    params: [n]
    concat: [1x1 n, [1x1 4, 3x3 n*2], [maxpool 3x3, 1x1 4]]
    then: SE
  R:
    params: {s: 0.2}
    concat: [1x1 4, [1x1 4, 3x3 4 act=none]]
    then: [1x1 in linear, SE act=relu6]
    residual: {scale: s}
  G:
    mul: [[globalpool max, 1x1 in linear sigmoid], 3x3 in, [1x1 in, relu], identity]
    residual: {}
  T: {mul: [1x1 4, [globalpool avg, 1x1 4 norm=none]], then: 1x1 in linear, residual: {}}
reduction:
  D: {concat: [3x3 8 /2, maxpool 3x3 /2], then: SE}
body:
  - a: A n=4
  - r: R
  - r2: R s=0.5 x2
  - d: D
  - g: G
  - t: T
  - own: {mul: [3x3 in, 1x1 in, gate: [globalpool avg, dropout 0.2, 1x1 in linear]]}
  - square: {mul: [identity, identity]}
  - small: {mul: [globalpool avg, [globalpool max, 1x1 in], {add: [identity, 1x1 in act=silu]}]}
  - window: {mul: [[maxpool 8x8 /8 valid], identity]}
  - bare: {mul: [[relu, dropout 0.5], tanh], residual: {scale: 0.1, act: none}}
head: [globalpool avg, {mul: [flatten, [flatten, softmax]]}, fc classes]
aux: [{helper: {from: a, weight: 0.5, do: [{mul: [identity, [globalpool avg, tanh]]}, fc classes]}}]
"""

TEXTS["shortcuts"] = f"""
stem: [3x3 8, {{do: [3x3 8, relu, dropout 0.5], residual: {{act: none}}}}]
strided:
  Down:
    params: {{w: , s: 2, scale: 1.0, act: relu}}
    do: [relu, 3x3 w /s, 3x3 w act=none]
    residual: {{shortcut: 1x1 w /s act=none, scale: scale, act: act}}
inception:
  Basic: {{do: [conv1: 3x3 in, conv2: 3x3 in act=none], residual: {{}}}}
  Odd:
    params: [w]
    do: [identity, {{do: [{{{LONG}: 3x3 w}}, flatten_me: 1x1 w], residual: {{shortcut: 1x1 w}}}}]
    residual: {{shortcut: {{{LONG}: [avgpool 3x3, 1x1 w nobias linear]}}, scale: 0.3, act: silu}}
  Parts:
    concat: [1x1 4, 3x3 4]
    then: 1x1 6
    residual: {{shortcut: [softmax, Basic, 1x1 6 linear], act: none}}
  Both: {{do: [identity], residual: {{shortcut: identity, scale: 2}}}}
  Gated: {{do: [1x1 in], residual: {{shortcut: relu, act: prelu}}}}
  Plain: {{do: [relu, 3x3 in], residual: {{shortcut: 1x1 in act=none, act: none}}}}
  Joined: {{concat: [1x1 2, 3x3 1], residual: {{shortcut: 1x1 3 act=none, act: none}}}}
  Bare: {{do: [identity], residual: {{shortcut: 3x3 in act=none, act: none}}}}
body:
  - a: Down w=8
  - b: Down w=4 s=1 act=none
  - c: Down w=4 scale=0.5 s=1
  - d: Basic x2
  - e: Odd w=5
  - f: Parts
  - g: {{concat: [Both, {{do: [3x3 3], residual: {{shortcut: 1x1 3 linear}}}}]}}
  - h: Gated
  - i: [Plain, Joined, Bare]
head: [globalpool, {{do: [fc 9], residual: {{shortcut: [flatten, fc 9], act: none}}}}, fc classes]
aux:
  - helper:
      from: b
      weight: 0.5
      do: [{{do: [3x3 in], residual: {{}}}}, globalpool avg, fc classes]
"""

TEXTS["kernels"] = """
defaults: {avgpool: nopad}
strided:
  A: {params: [k, s, p], do: [kxk 4 /s pad=p, [maxpool kxk /s], avgpool kxk /s tf_same]}
inception:
  B:
    params: {k: 3, n: 5}
    concat: [kxk 2, kxk depthwise tf_same, sepconv nxn 3, [kx1 4, 1xn 2], avgpool kxk]
    then: kxk 3 dil=2
body: [a: A k=3 s=1 p=same, b: B, c: A k=2 s=2 p=valid, d: B k=5 n=3 x2]
head: [globalpool avg, fc classes]
"""

TEXTS["modes"] = """
defaults: {avgpool: nopad}
strided:
  Shrink: {params: {m: , s: 2}, concat: [3x3 4 /s, pool 3x3 /s mode=m]}
inception:
  Mixed:
    params: {m: avg}
    concat: [1x1 4, [pool 3x3 mode=m, 1x1 4], pool 3x3 tf_same countpad mode=m, pool 3x3 max]
  Gate:
    params: [p]
    do: [{mul: [identity, [globalpool mode=p, 1x1 in sigmoid]]}]
  Both: {params: [a, b], do: [Mixed m=a, Mixed m=b, Gate p=a]}
body: [a: Shrink m=max, b: Mixed, c: Both a=max b=avg, d: Shrink m=avg s=1, e: Mixed m=max x2]
head: [pool 2x2 /2 avg, adaptivepool max 1x1, fc classes]
"""

TEXTS["factors"] = """
stem: [3x3 12, sepconv 3x3 in*2, {concat: [1x1 in/4, in_two: 3x3 in/2 groups=in/4]}]
inception:
  A:
    params: {k: 2, act: relu}
    concat:
      - 1x1 in/2
      - [1x1 k*4, 3x3 k*4 groups=k, 1x1 in*2 act=act]
      - B w=in/2
    then: 1x1 in linear
    residual: {}
  B: {params: [w], do: [1x1 w/3, 3x3 w, C n=w*2 c=classes]}
  C: {params: [n, c], add: [1x1 n/2, [1x1 c*2, 1x1 n/6, 1x1 n/2]]}
  D: {params: [k, s], concat: [1xk k*2, dropout s], then: 1x1 in linear, residual: {scale: s}}
body: [a: A, b: A k=3 act=tanh, c: A k=4 x2, d: D k=3 s=1, e: {concat: [1x1 in, 1x1 in]}, A]
head: [globalpool avg, fc classes*3, relu, fc classes]
aux: [{helper: {from: a, weight: 0.5, do: [1x1 in*2, globalpool avg, fc classes]}}]
"""

TEXTS["shares"] = """
stem:
  - 3x3 24
  - {split: [rest, in/8, 4, 1], concat: [identity, 3x3 depthwise, relu, [identity, 1x1 3 linear]]}
  - 1x1 24
inception:
  A:
    params: {n: 4, m: 2, sc: 0.5}
    split: [n, rest, m, n]
    concat:
      - identity
      - shares: {split: equal, add: [1x1 n, [maxpool 3x3, 1x1 n]], then: {x1: 3x3 m}}
      - scale: 3x3 m
      - {split: [m, rest], concat: [identity, 1x1 n]}
    then: {pieces: 1x1 in linear}
    residual: {scale: sc}
  B:
    do:
      - {split: equal, concat: [identity, [1x1 in/2, 3x3 depthwise linear, 1x1 in/2]]}
      - {split: [rest, in/3, in/6], concat: [dropout 0.3, batchnorm, softmax]}
      - shuffle in/2
      - x: {split: equal, add: [identity, relu, identity, 1x1 in/4]}
      - 1x1 in
  C:
    params: [k, w]
    split: [1, 2, 3, k, k, 1, rest]
    concat: [identity, 1xk 2, 3x3 depthwise, A n=w m=1, A n=2 m=1 sc=2, tanh, lrn 3]
    then: 1x1 in
body:
  - a: A
  - b: A n=6 m=4 sc=1e-3 x2
  - c: B x2
  - d: C k=7 w=2
  - add: [{split: equal, concat: [1x1 3, 1x1 5]}, {split: [rest, 8], concat: [1x1 2, 1x1 6]}]
  - {split: equal, concat: [identity, identity], then: shuffle 2}
head:
  - globalpool avg
  - {split: [3, rest], concat: [flatten, [1x1 4 linear, flatten]]}
  - {split: [2, rest], concat: [[dropout 0.5], relu]}
  - fc classes
  - softmax
  - {split: [rest, 1], concat: [identity, identity]}
aux:
  - helper:
      from: c
      weight: 0.3
      do: [{split: [in/2, rest], add: [1x1 classes, 1x1 classes]}, globalpool max, flatten]
"""

TEXTS["float_parameters"] = """
inception:
  A:
    params: {s: 0.2, p: 0.25, e: 0.001, m: 0.1, w: 8}
    concat:
      - 3x3 w eps=e momentum=m
      - [1x1 4, dropout p]
      - [batchnorm eps=e, lrn 3 alpha=s beta=p k=1]
      - deep: {concat: [1x1 w, dropout p], then: 1x1 in linear, residual: {scale: s}}
    then: 1x1 in linear
    residual: {scale: s}
body:
  - a: A
  - b: A s=1 p=0 e=1e-5
  - c: A s=1.0 p=1e-7 w=4
  - d: A s=1e-20
  - e: A s=1234.5 m=1 x2
head: [globalpool avg, dropout 0.25, fc classes]
"""

TEXTS["long_names"] = f"""
stem:
  - {LONG}: 3x3 8 /2 act=gelu eps=0.00123 momentum=0.0123
  - p{LONG[1:]}: {{concat: [{LONG}: 1x1 4, 3x3 4], then: {{{OTHER}: 1x1 in}}, residual: {{}}}}
  - q{LONG[1:]}: {{add: [{LONG}: 1x1 in, {OTHER}: maxpool 3x3, identity]}}
inception:
  {LONG}:
    params: [{LONG}, {OTHER}]
    concat:
      - {LONG}: [1x1 {LONG}, {OTHER}: 3x3 {OTHER}, {LONG}: {{concat: [1x1 {LONG}, 3x1 {OTHER}]}}]
      - {OTHER}: {{concat: [{LONG}: 1x1 {LONG}, {OTHER}: [maxpool 3x3, 1x1 {LONG}]]}}
      - {{concat: [1x1 {LONG}, 1x1 {LONG}, 1x1 {OTHER}, 1x1 classes], then: {{{OTHER}: 3x3 in}}}}
      - maxpool 3x3
    then: {{{"t" * 64}: 1x1 in linear}}
  {"s" * 64}: [{LONG}: 1x1 4, {OTHER}: {{add: [{LONG}: 1x1 4, {OTHER}: 3x3 4]}}, relu, t: 1x1 5]
body:
  - {OTHER}: {LONG} {LONG}=4 {OTHER}=6
  - b: {LONG} {LONG}=4 {OTHER}=4 x2
  - c: {"s" * 64}
head:
  - globalpool avg
  - h{LONG[1:]}: dropout 0.5
  - g{LONG[1:]}: fc classes
aux:
  - a{LONG[1:]}: {{from: {OTHER}, weight: 0.3, do: [globalpool avg, {LONG}: fc 8, fc classes]}}
  - b{LONG[1:]}: {{from: b, weight: 0.25, do: [{LONG}: fc 8 init=he_normal, fc classes]}}
"""

TEXTS["inline_splits"] = """
stem:
  - 3x3 8
  - concat: [1x1 4, 3x3 4]
    then: 1x1 in linear
    residual: {scale: 0.3, act: silu}
  - r2:
      concat:
        - 1x1 4
        - - 1x1 in
          - concat: [1x3 2, 3x1 2]
            then: 1x1 in linear
            residual: {act: none}
  - add: [1x1 in linear, identity]
    then: relu
  - {concat: [identity, 1x1 4], then: identity}
  - {add: [identity], then: identity, residual: {}}
  - add: [1x1 in linear, identity, maxpool 3x3, [batchnorm, relu], [identity, identity]]
    residual: {scale: -0.5}
inception:
  A:
    params: {n: 4, sc: 0.5}
    concat:
      - 1x1 n
      - x:
          concat: [1x1 n, 3x3 n]
          then: {fin: 1x1 in linear}
          residual: {scale: sc, act: tanh}
      - - identity
        - add: [1x1 in linear, identity]
          then: [1x1 n, 3x3 in linear]
          residual: {scale: sc}
        - 3x3 n
  S:
    params: [n]
    do:
      - 1x1 n
      - 3x3 n
      - q: {concat: [1x1 n, 3x3 n], then: 1x1 classes}
      - seq: [1x1 n, m: 3x3 in]
      - relu
body:
  - a: A
  - b: A n=6 sc=2
  - c: A n=6 sc=2.5
  - s: S n=4
  - s2: S n=5 x2
head: [globalpool avg, fc classes, softmax]
"""

TEXTS["deep"] = """
inception:
  A:
    params: [n]
    concat:
      - [1x1 n, concat: [1x1 n, [1x1 n, concat: [1x1 n, [1x1 n, concat: [[3x3 n x2, relu x2]]]]]]]
      - {concat: [{add: [{concat: [{add: [{concat: [{add: [1x1 8, sepconv 3x3 8]}]}, 1x1 8]}]}]}]}
      - add:
          - concat: [{concat: [{concat: [1x1 n], then: 1x1 n}], then: 1x1 n}]
            then: {concat: [1x1 n, {add: [1x1 4, 1x1 4], then: 1x1 n}], then: 1x1 in}
body: [a: A n=4, b: A n=5 x2]
head: [globalpool avg, fc classes]
"""

TEXTS["heads"] = """
stem: [3x3 8, c: 3x3 8, d: 1x1 in]
head: [globalpool avg, dropout 0.1, flatten, dropout 0.2, fc classes]
aux:
  - dropout: {from: c, weight: 0.3, do: [globalpool max, fc 16, relu, dropout 0.7, fc classes]}
  - a_long_auxiliary_head_name:
      from: d
      weight: 1e-3
      do: [adaptivepool avg 2x3, 1x1 in, 3x3 4 init=he_normal, fc 3, fc classes]
  - a_very_long_auxiliary_head_name_that_goes_on_and_on:
      from: d
      weight: 12.5
      do: [globalpool avg, fc classes]
  - h2: {from: d, weight: 1, do: [globalpool max, fc 16, relu, dropout 0.7, fc classes]}
"""

TEXTS["heads_at_the_end"] = """
stem: [3x3 8]
head: [globalpool avg, flatten, fc: fc classes, softmax]
aux:
  - y: {from: conv, weight: 0.3, do: [1x1 2, identity, softmax]}
  - count2: {from: fc, weight: 0.3, do: [identity, fc classes, relu]}
  - z: {from: softmax, weight: 0, do: [identity]}
  - flat: {from: flatten, weight: 1000000, do: [flatten]}
"""

TEXTS["tiny"] = "head: [flatten, fc classes]"
TEXTS["tinier"] = "head: [fc classes nobias]"
TEXTS["only_a_pool"] = "head: [globalpool avg]"
TEXTS["only_an_activation"] = "stem: [relu]"
TEXTS["nothing_at_all"] = "stem: [identity]"
TEXTS["only_functions"] = "stem: [3x3 4 act=none, softmax, identity, flatten, identity, relu]"

TEXTS["units"] = """
stem:
  - 3x3 8 norm=none
  - 3x3 8 norm=none act=none
  - 3x3 8 act=none
  - 3x3 8 bias
  - 3x3 8 nobias norm=none
  - 3x3 8 linear
  - 3x3 8 linear norm=batch
  - 3x3 8 linear act=gelu
  - 3x3 8 groups=2 dil=2
  - 3x3 16 depthwise
  - 3x3 depthwise act=relu6
  - sepconv 3x3 8
  - sepconv 3x3 8 bias
  - sepconv 3x3 8 norm=none act=none
  - sepconv 3x3 8 norm=none act=none nobias
  - sepconv 3x5 8 act=sigmoid dil=2x1 eps=0.1
  - 2x2 8 tf_same
  - 2x3 8 tf_same bias
  - sepconv 2x2 8 tf_same /2
  - sepconv 2x2 8 tf_same norm=none act=none
  - 1x1 in linear bias
  - 1x1 12 act=none norm=none nobias
head: [globalpool avg, fc 12, sigmoid, fc classes nobias]
"""

TEXTS["inits"] = """
defaults: {init: trunc_normal:0.01}
stem:
  - 3x3 8 init=he_uniform
  - [1x1 4 init=xavier_normal, n: 3x3 4 init=normal:1e-7]
  - sepconv 3x3 4 init=xavier_uniform
inception:
  A:
    params: [n]
    concat: [1x1 n init=normal:0.5, b: [1x1 n, m: 3x3 n init=torch]]
body: [a: A n=3, b: A n=4 x2]
head: [globalpool avg, fc classes init=he_normal]
aux:
  - aux1: {from: a, weight: 0.3, do: [globalpool avg, fc classes init=normal:0.03]}
  - aux2: {from: b, weight: 0.3, do: [globalpool avg, fc 3 init=he_uniform, fc classes]}
"""

TEXTS["collisions"] = """
stem:
  - ConvBNReLU: 3x3 8
  - Concat1: {concat: [1x1 4, 3x3 4], then: 1x1 8}
  - probe: {concat: [1x1 4, 3x3 4], then: 3x3 8}
  - probeOutput: {concat: [1x1 4, 3x3 4], then: 3x3 9}
  - tensor: {concat: [1x1 4, 3x3 4], then: 3x3 9}
  - f: {concat: [1x1 4, 3x3 4], then: 3x3 9}
  - none: {concat: [1x1 4, 3x3 4], then: 3x3 9}
  - Aux_Head: {concat: [1x1 4, 3x3 4], then: 3x3 10}
  - linear: {concat: [self: 1x1 4, function: 3x3 4, cls: 1x1 4, x: 3x3 4, head: 1x1 4]}
  - added: {add: [self: 1x1 4, function: 3x3 4]}
inception:
  ConvBNReLU: {concat: [1x1 4, 3x3 4]}
  scaled:
    params: [scale, n, y]
    concat: [scale: 1x1 n, 3x3 y]
    then: 1x1 in linear
    residual: {scale: scale}
  inception_conv: {params: [n], concat: [scale: 1x1 n, 3x3 n]}
  InceptionConv: {params: [n], concat: [scale: 1x1 n, 3x3 n, 1x1 2]}
  super: {params: [pair, int, bool], concat: [1x1 pair, 3x3 int, 1x1 bool]}
  pad_same: {params: [type], concat: [3x3 type, 2x2 type tf_same]}
  Conv2d_Same: {concat: [3x3 4, maxpool 2x2 tf_same]}
  hiding:
    params: [function, made, names, lead]
    concat: [1x1 function, 1x1 made, [avgpool 3x3, 1x1 names, 1x1 lead]]
reduction:
  reduction: {concat: [3x3 4 /2]}
  inception_y: {params: [k, s], concat: [3xk 4 /s, maxpool 3xk /s]}
body:
  - nn: ConvBNReLU
  - torch: scaled n=3 y=4 scale=0.5
  - F: scaled n=3 y=4 scale=2
  - y: inception_conv n=3
  - y2: InceptionConv n=3
  - self: super pair=2 int=3 bool=4
  - cls: pad_same type=4
  - x: Conv2d_Same
  - hid: hiding function=2 made=3 names=4 lead=5
  - t: reduction
  - u: inception_y k=3 s=2
  - super: [1x1 4, 3x3 4]
  - logits: 1x1 8
  - pre_logits: 1x1 8
  - aux_logits: 1x1 8
head: [globalpool avg, logit: fc classes]
aux:
  - dropout: {from: y, weight: 0.3, do: [globalpool avg, fc classes]}
"""

TEXTS["kernels"] = """
inception:
  A:
    params: {n: 7, s: 1, d: 1, g: 1, pd: 3}
    concat:
      - 1xn 4 /s dil=d groups=g
      - nx1 4
      - 3x3 4 dil=pd pad=pd groups=g
      - maxpool 1xn
      - avgpool 1xn nopad
      - maxpool 2x2 tf_same
      - [adaptivepool avg 16x16]
      - sepconv 3xn 4 norm=none
reduction:
  R:
    params: [s]
    concat: [3x3 4 /s, maxpool 3x3 /sx2 pad=1, avgpool 3x3 /s nopad, sepconv 3x3 4 /s]
body: [r0: 3x3 4, a: A, b: A n=3 pd=1, b2: A n=5 pd=2 g=1, r: R s=2]
head: [globalpool avg, fc classes]
"""

TEXTS["wide"] = """
inception:
  A:
    params: [first_reduction, second_reduction, expansion_width, projected, e, f, g]
    concat:
      - - 1x1 first_reduction
        - 3x3 second_reduction
        - 1x1 expansion_width
        - concat: [1x1 projected, 3x3 projected, [1x1 e, 1x1 f, 5x5 g]]
      - concat:
          - concat: [1x1 first_reduction, 1x1 second_reduction]
          - {add: [1x1 8, 3x3 8, {add: [1x1 8, sepconv 3x3 8]}]}
      - z:
          concat:
            - q: {concat: [w: 1x1 first_reduction, e: 1x1 second_reduction]}
            - r: {add: [t: 1x1 8, u: 3x3 8, i: {add: [o: 1x1 8, p: sepconv 3x3 8]}]}
body:
  - a: A first_reduction=3 second_reduction=4 expansion_width=5 projected=6 e=7 f=8 g=9
  - b: A first_reduction=3 second_reduction=4 expansion_width=5 projected=6 e=7 f=8 g=9 x3
head: [globalpool avg, fc classes]
"""

TEXTS["nested_calls"] = """
inception:
  In: {params: {n: 4, act: relu}, concat: [1x1 n act=act, 3x3 in]}
  Mid:
    params: [n, k]
    concat: [In n=n, [In n=k act=tanh, 1x1 n], b: In act=silu, c: In n=in x2, d: In n=classes]
  Out: {params: [k], do: [Mid n=k k=3, m: Mid n=classes k=k, 1x1 k, [Mid n=2 k=k, q: In]]}
  Res:
    params: {f: 0.1, a: relu}
    concat: [Out k=2, 1x1 2]
    then: 1x1 in linear
    residual: {scale: f, act: a}
body: [o: In n=2, r: Res, r2: Res f=1 a=none x2, r3: Res f=-1.5, i: In n=in, j: 1x1 4]
head: [globalpool avg, fc classes]
aux:
  - aux:
      from: r
      weight: 0.3
      do: [In n=in, In n=classes act=none, 1x1 in, globalpool avg, fc in, fc classes]
"""

TEXTS["repeats"] = """
stem:
  - 3x3 8
  - 3x3 8 x3
  - x: 1x1 in x2
  - sepconv 3x3 8 x2
  - maxpool 3x3 x2
  - relu x2
  - identity x2
  - dropout 0.5 x2
  - [3x3 4 x2, n: 1x1 4 x2]
  - concat: [1x1 4 x2, 3x3 8 x2]
head: [globalpool avg x2, flatten x2, dropout 0.1 x2, fc 8 x2, fc classes x2, relu x2]
"""

TEXTS["widths_of_what_comes_in"] = """
stem:
  - concat: [identity, identity, 3x3 in]
  - 3x3 depthwise
  - 3x3 in groups=3
  - add: [1x1 in linear, identity]
    then: 3x3 in
    residual: {}
inception: {A: {params: [n], concat: [1x1 n, identity]}}
body: [a: A n=in, b: A n=classes]
head: [maxpool 2x2 /2, flatten, fc in, fc classes]
aux:
  - side: {from: a, weight: 0.5, do: [1x1 in, flatten, fc classes]}
"""

TEXTS["switches"] = """
stem: [3x3 8]
inception:
  both: {params: {s: 0.2, a: relu}, concat: [a: 1x1 4, 3x3 4], then: 1x1 in linear,
         residual: {scale: s, act: a}}
  bare: {params: [act], add: [1x1 in linear, 3x3 in linear], residual: {act: act}}
  fixed: {params: {act: none}, concat: [1x1 in linear], residual: {act: act}}
  three: {params: {act: relu}, concat: [1x1 in linear], residual: {act: act}}
  units: {params: {act: relu}, concat: [1x1 in act=act], residual: {act: act}}
body:
  - b1: both s=0.5
  - b2: both a=none x2
  - c1: bare act=silu
  - c2: bare act=none
  - d: fixed act=tanh x2
  - e1: three
  - e2: three act=none
  - e3: three act=gelu
  - f1: units
  - f2: units act=none
head: [globalpool avg, fc classes]
"""


TEXTS["one_branch"] = """
stem:
  - 3x3 8
  - concat: [3x3 4]
  - add: [x: 3x3 4]
  - {concat: [3x3 4], then: 1x1 8}
  - {concat: [3x3 8], residual: {}}
  - {add: [3x3 8], residual: {scale: 0.5, act: none}}
  - {concat: [{add: [{concat: [3x3 4]}]}]}
  - {concat: [{add: [{concat: [3x3 4, 1x1 4]}]}, identity]}
  - {concat: [relu], then: identity}
  - {concat: [identity]}
  - {add: [identity], residual: {scale: 2, act: tanh}}
  - {concat: [maxpool 3x3, identity], then: relu}
  - 1x1 3
  - {concat: [maxpool 3x3, identity], then: relu}
  - {concat: [maxpool 2x2 tf_same], then: {concat: [1x1 4], then: relu}}
inception:
  A: {concat: [3x3 8]}
  B: {params: {s: 0.1, a: relu}, concat: [[1x1 4, 3x3 in]], residual: {scale: s, act: a}}
  C: {params: [n], concat: [x: [identity, {concat: [maxpool 3x3, 3x3 n], then: 1x1 in,
      residual: {act: tanh}}]], then: 1x1 n}
  D: {params: [n], do: [1x1 n, {concat: [maxpool 3x3, identity], then: sigmoid},
      {add: [identity, identity], residual: {scale: 1}}, identity]}
  E: {concat: [A]}
reduction:
  R: {params: [s], concat: [3x3 4 /s]}
body: [a: A, b: B, c: C n=3, b2: B a=none s=1, d: D n=4, d2: D n=5 x2, e: E, r: R s=2, r3: R s=3]
head: [globalpool avg, fc classes]
"""

TEXTS["calls_with_kernels"] = """
stem: [3x3 24]
inception:
  K:
    params: {k: 3, p: 1, g: 1, s: 1, d: 1, e: 0.001}
    concat:
      - [1xk 24 groups=g, kx1 8]
      - 3xk 8 pad=1xp
      - 3x3 24 dil=d groups=g
      - maxpool 3x3 /s
      - [avgpool kx3, batchnorm eps=e momentum=e]
      - 1x1 8
  L:
    params: [q, k]
    concat:
      - [K k=q p=1 e=0.00001, 1x1 24, K k=3, 1x1 24, K k=3 g=q, 1x1 24]
      - [1x1 k, K g=k k=3 p=1 d=q]
      - 1xq k
  M:
    params: [n]
    add: [[1x1 n, 1x1 in linear], [{concat: [maxpool 3x3, 1x1 n]}, 1x1 in]]
    residual: {scale: n}
  N:
    params: [z, n, in_channels_z]
    concat:
      - 1x1 in_channels_z
      - M n=z
      - [{add: [M n=2], residual: {scale: z, act: none}}, 1x1 n]
body:
  - a: K
  - b: K g=2 d=2 e=0.1
  - b0: 1x1 24
  - m0: M n=3
  - c: L q=3 k=12
  - b1: 1x1 24
  - m: M n=4
  - o: N z=3 n=1 in_channels_z=7
head: [globalpool avg]
"""

TEXTS["alike"] = """
stem: [3x3 8]
inception:
  Group: {params: [n], do: [1x1 n x3]}
  Words: {params: {p: same, a: relu}, concat: [1x1 8 pad=p, [identity, maxpool 3x3]],
          then: 1x1 in linear, residual: {act: a}}
  Inner: {params: {s: 1}, concat: [3x3 in], residual: {scale: s}}
  Outer: {params: [v], concat: [Inner s=v, 1x1 4], then: 1x1 in}
  Sized: {params: [g, k], concat: [3x3 8 groups=g, 3xk 8, maxpool 3xk]}
body:
  - g: Group n=8
  - h: Group n=16
  - i: Group n=16
  - w: Words p=valid
  - w2: Words
  - w3: Words a=none p=tf_same
  - f: Outer v=1
  - f1: Outer v=0.5
  - z: Sized g=1 k=3
  - z2: Sized g=4 k=5
head: [globalpool avg, fc classes]
"""

TEXTS["classes_as_an_argument"] = """
inception:
  A: {params: [n], concat: [1x1 n, 3x3 2]}
body: [a: A n=classes]
"""


def spec(name: str) -> Spec:
    """One of the specs by its name in `TEXTS`."""
    return loads(f"name: probe\ntitle: A probe\ninput: [3, 16, 16]\nclasses: 5\n{TEXTS[name]}")
