// What the page says: one row for each text, Chinese first, English beside it. {name} is filled in.

const TEXTS = {
  brand: ['联调工作台', 'Joint-testing station'], skip: ['跳到正文', 'Skip to content'], parts: ['工作台各部分', 'Parts of the station'],
  live: ['实时', 'Live'], patients: ['参保人', 'Patients'], faults: ['故障', 'Faults'], acceptance: ['验收', 'Acceptance'], setup: ['配置', 'Set-up'],
  'connection.waiting': ['连接中…', 'Connecting…'], 'connection.open': ['已连接', 'Connected'], 'connection.lost': ['连接中断，正在重连…', 'Disconnected, trying again…'],
  'theme.auto': ['外观：自动', 'Theme: auto'], 'theme.light': ['外观：浅色', 'Theme: light'], 'theme.dark': ['外观：深色', 'Theme: dark'],
  faultsOn: ['{n} 项故障设置生效中', '{n} faults are on'], unreachable: ['连不上沙箱，请确认它仍在运行', 'The sandbox cannot be reached. Is it still running?'],
  copy: ['复制', 'Copy'], copied: ['已复制', 'Copied'], save: ['保存', 'Save'], close: ['关闭', 'Close'], text: ['文本', 'Text'], yes: ['是', 'yes'], no: ['否', 'no'],
  loading: ['正在读取…', 'Loading…'], showAll: ['显示全部 {n} 个字符', 'Show all {n} characters'], reallyDo: ['再按一次：{what}', 'Press again: {what}'],
  more: ['另有 {n} 条未列出', '{n} more are not listed'], action: ['操作', 'Action'], number: ['数值', 'Number'],

  // The four services, and the sandbox's own.
  'service.tokenPwdCheckNotc': ['核验通知', 'Password notice'], 'service.tokenPwdStas': ['核验状态', 'Password status'],
  'service.signedQuery': ['一码付状态', 'One-code pay status'], 'service.genPayCert': ['付款凭据', 'Payment certificate'], 'service.echo': ['回声（echo）', 'Echo'],
  'state.open': ['进行中', 'open'], 'state.held': ['已扣住', 'held'], 'state.failed': ['失败', 'failed'], 'state.fine': ['成功', 'fine'],
  'by.address': ['按地址', 'by address'], 'by.token': ['按令牌', 'by token'], 'by.rule': ['按规则', 'by rule'], 'by.chaos': ['混沌', 'by chaos'], 'by.rate': ['限流', 'by rate limit'],

  // Live
  exchanges: ['交易列表', 'Exchanges'], filters: ['筛选', 'Filters'], allServices: ['全部服务', 'All services'], failuresOnly: ['只看失败', 'Failures only'],
  pause: ['暂停', 'Pause'], resume: ['继续（{n} 条等待）', 'Resume ({n} waiting)'], rows: ['{n} / {all} 条', '{n} of {all}'],
  forget: ['清空', 'Forget all'], forgetWhat: ['清空全部记录，包括通知、凭据和扣款', 'Forgets everything: notices, certificates and charges, too'], forgotten: ['已清空', 'Forgotten'],
  noneFits: ['没有符合筛选条件的交易', 'No exchange fits the filters'],
  'column.id': ['序号', 'No.'], 'column.time': ['时间', 'Time'], 'column.state': ['状态', 'State'], 'column.service': ['服务', 'Service'], 'column.token': ['令牌 token', 'Token'],
  'column.result': ['结果', 'Result'], 'column.code': ['返回码', 'Code'], 'column.fault': ['故障', 'Fault'], 'column.devId': ['工作站 devId', 'Workstation devId'], 'column.ms': ['毫秒', 'ms'],
  firstSteps: ['三步完成第一次调用', 'Three steps to the first call'], waitingForFirst: ['正在等待第一笔请求，到达后立即显示在这里。', 'Waiting for the first request. It appears here as soon as it arrives.'],
  step1: ['写好 evoucher.json', 'Write evoucher.json'], step1What: ['放在 DLL 或程序旁边，内容与本沙箱一致：', 'Beside the DLL or your program. This one fits this sandbox:'],
  step2: ['造一个参保人', 'Make a patient'], step2What: ['选择他是什么样的人，得到令牌和二维码。', 'Choose what the person is like; get a token and a QR code.'],
  step3: ['发出第一次调用', 'Make the first call'], step3What: ['先用命令行工具试通，再换成自己的程序。', 'With the command-line tool first, then with your own program.'],
  otherAddresses: ['HTTPS 等其他地址', 'HTTPS and other addresses'],

  // One exchange
  opened: ['交易详情', 'Exchange'], request: ['请求', 'Request'], reply: ['应答', 'Reply'], copyCommand: ['复制为 evoucher-tool 命令', 'Copy as evoucher-tool command'], saveFile: ['存为文件', 'Save as file'], copyAddress: ['复制链接', 'Copy link'],
  code: ['返回码', 'Code'], tookEffect: ['已生效', 'Took effect'], amount: ['金额', 'Amount'], connectionNo: ['连接', 'Connection'],
  noReply: ['没有发出应答', 'No reply was sent'], replyHeld: ['请求已被扣住，尚无应答；可在“故障”中放行', 'Held: no reply yet. Let it go under Faults'], replyOpen: ['尚无应答', 'No reply yet'],
  cut: ['内容过长，只保留了开头', 'Too long: only the beginning is kept'], emptyBody: ['（空）', '(empty)'],
  'fold.opened': ['encData 解密后', 'encData, opened'], 'fold.headers': ['报文头', 'Headers'], 'fold.body': ['报文体（线上原文）', 'Body, as on the wire'],
  'layer.outer': ['公共参数', 'Public parameters'], 'layer.inner': ['业务参数（encData 内）', 'Business parameters (in encData)'],
  fieldName: ['字段', 'Field'], fieldTitle: ['文档名称', 'Name in the documents'], fieldValue: ['内容', 'Value'], fieldSection: ['章节', 'Section'],

  // Patients
  makePatient: ['新建参保人', 'Make a patient'], make: ['新建', 'Make'], reset: ['重选', 'Reset'], knownPatients: ['参保人列表', 'Known patients'], findPatient: ['查找令牌', 'Find a token'], noPatients: ['还没有参保人', 'No patients yet'], waits: ['等待核验', 'waits'],
  qr: ['令牌 {token} 的二维码', 'QR code of the token {token}'], qrWhat: ['可用收费窗口的扫码枪直接扫描屏幕。二维码内容就是令牌。', "A counter's scanner can read it from the screen. It holds the token itself."], copyToken: ['复制令牌', 'Copy token'], itsTraffic: ['查看交易', 'Its traffic'], itsFault: ['设置故障', 'Give it a fault'],
  phone: ['参保人手机', "The patient's phone"], simulated: ['模拟', 'simulated'], noticeTitle: ['医保密码核验', 'Insurance password check'], noticeAsks: ['请确认是否由本人办理，并输入医保电子凭证密码。', 'Confirm that this is you and enter your e-voucher password.'], noAmount: ['未送金额', 'No amount was sent'],
  noNotice: ['没有待处理的通知', 'No notice waits'], noticesBefore: ['以往通知', 'Earlier notices'], asked: ['已查询 {n} 次', 'asked {n} times'],
  'answer.right': ['密码正确', 'Right password'], 'answer.wrong': ['密码错误', 'Wrong password'], 'answer.ignore': ['不理会', 'Ignore'],
  'notice.waiting': ['等待核验', 'waiting'], 'notice.right': ['已核验', 'verified'], 'notice.wrong': ['密码错误', 'wrong password'], 'notice.ignored': ['未理会', 'ignored'],
  oneCodePay: ['一码付签约', 'One-code pay'], 'sign.signed': ['已签约', 'Signed up'], 'sign.unsigned': ['未签约', 'Not signed'], 'sign.blocked': ['不可用', 'Blocked'],
  certificates: ['付款凭据', 'Certificates'], noCertificates: ['尚未签发付款凭据', 'No certificate was issued yet'], payCert: ['付款凭据 payCert', 'payCert'], serial: ['流水号', 'Serial number'], charged: ['已扣款', 'Charged'], times: ['{n} 次', '{n}×'], closed: ['已撤单', 'closed'], blank: ['（空）', '(blank)'],

  // Payment channel
  channel: ['支付渠道', 'Payment channel'], channelMode: ['渠道如何应答', 'How it answers'], 'mode.normal': ['正常', 'Normally'], 'mode.slow': ['扣款后延迟应答', 'Charges, answers late'], 'mode.silent': ['不扣款、不应答', 'Neither charges nor answers'], 'mode.silent-after': ['扣款后不应答', 'Charges, never answers'],
  milliseconds: ['毫秒', 'Milliseconds'], refuseSecond: ['拒绝同一流水号的第二次扣款', 'Refuse a second charge of a serial number'], chargeByHand: ['手工扣款', 'Charge by hand'], charge: ['扣款', 'Charge'], chargeAgain: ['再扣一次', 'Charge again'],
  chargedNow: ['已扣款 {amount} 元，流水号 {serial}', 'Charged {amount} for {serial}'], notCharged: ['未扣款', 'Not charged'], serials: ['各流水号的扣款', 'Charges by serial number'], noSerials: ['尚无流水号', 'No serial numbers yet'],
  issued: ['凭据数', 'Issued'], closedCount: ['撤单数', 'Closed'], chargesWhen: ['扣款时间', 'Charged at'], chargedTwice: ['重复扣款 {n} 次', 'charged {n}×'],

  // Faults
  rules: ['故障规则', 'Fault rules'], allOff: ['全部关闭', 'All off'], whichFault: ['故障', 'Fault'], forToken: ['参保人令牌', 'Patient (token)'], anyPatient: ['任何参保人', 'any patient'], forService: ['服务', 'Service'], forWhich: ['范围', 'Which requests'], howMany: ['N', 'N'], switchOn: ['开启', 'Switch on'], switchOff: ['关闭', 'Switch off'],
  'range.always': ['直到关闭', 'Until switched off'], 'range.nth': ['仅第 N 次请求', 'Only the Nth request'], 'range.count': ['接下来 N 次请求', 'The next N requests'], onlyNth: ['仅第 {n} 次', 'only no. {n}'], nextN: ['接下来 {n} 次', 'the next {n}'],
  'parameter.ms': ['毫秒', 'Milliseconds'], 'parameter.status': ['HTTP 状态码', 'HTTP status'], ruleNo: ['规则', 'Rule'], met: ['触发 / 符合', 'Met / fitted'], metWhat: ['触发次数 / 符合条件的请求数', 'Requests that met the fault / that fitted the rule'], over: ['已用完', 'over'],
  hold: ['扣住请求', 'Hold'], 'hold.before': ['扣住：生效前', 'Hold before it takes effect'], 'hold.after': ['扣住：生效后、应答前', 'Hold after it took effect'],
  'hold.beforeWhat': ['请求到达后停住，尚未生效；放行后才处理。', 'The request waits before anything takes effect, until it is let go.'], 'hold.afterWhat': ['请求已经生效，应答停住；放行后才发出。', 'The request took effect; its reply waits until it is let go.'],
  held: ['正被扣住的请求', 'Held requests'], heldWhat: ['收费窗口此刻正在等待。放行后继续；对方挂断后自动从列表消失。', 'The counter is waiting right now. Let it go on; one that hangs up leaves the list.'], noneHeld: ['没有被扣住的请求', 'Nothing is held'], release: ['放行', 'Let go'], exchange: ['交易', 'Exchange'], heldWhen: ['位置', 'Where'], heldSince: ['扣住于', 'Since'],
  chaos: ['混沌', 'Chaos'], chaosWhat: ['按种子随机挑选一部分请求遭遇故障；同一种子可重放。', 'A share of the requests meets some fault, drawn from a seed: the same seed repeats the run.'], seed: ['种子', 'Seed'], share: ['比例 %', 'Share %'],
  rate: ['限流', 'Rate limit'], rateWhat: ['超出每秒次数的请求由网关以 HTTP 429 拒绝。', 'Requests beyond it are refused with HTTP 429, as by a gateway.'], perSecond: ['每秒次数', 'Per second'],
  clock: ['中心时钟', 'Clock of the centre'], clockWhat: ['正数为快，负数为慢；偏差超过十分钟时 timestamp 会被拒绝。', 'Ahead if positive, behind if negative; beyond ten minutes timestamps are refused.'], offsetSeconds: ['偏移（秒）', 'Offset (seconds)'],
  set: ['设置', 'Set'], off: ['关闭', 'Off'], isOn: ['生效中', 'on'], isOff: ['未启用', 'not on'], and: ['；', '; '],
  nowNone: ['当前没有任何故障设置。', 'No fault is on.'], nowRules: ['{n} 条规则生效', '{n} rules on'], nowChaos: ['混沌：种子 {seed}，{share}%', 'chaos: seed {seed}, {share}%'], nowRate: ['限流：每秒 {n} 次', 'rate limit: {n} per second'], nowClock: ['时钟偏移 {n} 秒', 'clock off by {n} s'], nowHeld: ['扣住 {n} 笔', '{n} held'],
  allFaults: ['全部故障', 'All faults'], findFault: ['查找故障', 'Find a fault'], faultName: ['名称', 'Name'], faultWhat: ['做什么', 'What it does'], faultEffect: ['请求已生效', 'Took effect'], use: ['选用', 'Use'], takesEffect: ['请求已生效，坏在应答', 'the request took effect; the reply goes wrong'], noEffect: ['请求没有生效', 'nothing took effect'],

  // Acceptance
  cases: ['验收项', 'Cases'], 'case': ['验收项', 'Case'], 'group.P': ['线上密码核验', 'Online password check'], 'group.C': ['一码付', 'One-code pay'], 'group.E': ['信封与传输', 'Envelope and transport'],
  atAGlance: ['验收总览', 'The run at a glance'], judged: ['已判定 {n} / {all}', '{n} of {all} judged'], acceptanceWhat: ['逐项操作被测的 HIS，工作台按到达中心的请求判定；中心看不到的，由您回答。', 'Work through the cases with your HIS. The station judges by what comes to the centre, and asks you what it cannot see.'],
  'verdict.open': ['未开始', 'open'], 'verdict.running': ['进行中', 'running'], 'verdict.passed': ['通过', 'passed'], 'verdict.warning': ['警告', 'warning'], 'verdict.failed': ['不通过', 'failed'], 'verdict.notApplicable': ['不适用', 'not applicable'],
  goOn: ['进行下一项：{id} {title}', 'Go on with {id} {title}'], nextCase: ['下一项 {id}', 'Next: {id}'], 'report.html': ['验收报告（可打印）', 'Report, to print'], 'report.json': ['JSON', 'JSON'], 'report.junit': ['JUnit XML', 'JUnit XML'],
  newRun: ['重新验收', 'New run'], newRunWhat: ['放弃本次记录，从头开始；已保存的文件另存为 .previous', 'Begins from nothing; a saved file is kept as .previous'], newRunBegun: ['已开始新的验收', 'A new run has begun'],
  savedIn: ['记录保存在 {path}，重启后继续。', 'Kept in {path}, across restarts.'], savedNowhere: ['本次验收只在内存中。以 --acceptance 文件名 启动沙箱，即可跨重启保存。', 'Kept in memory only: start the sandbox with --acceptance FILE to keep it across restarts.'], notSaved: ['没有存下来：{why}', 'It could not be saved: {why}'], saved: ['已保存', 'Saved'],
  about: ['被测程序', 'What is tested'], aboutWhat: ['写入报告。应付金额、医疗费总额填 HIS 测试账单上显示的数值。', "Stands in the report. Amount and total are those of your HIS's test bill."],
  'about.institution': ['定点医药机构', 'Institution'], 'about.program': ['程序名称', 'Program'], 'about.version': ['版本', 'Version'], 'about.tester': ['测试人员', 'Tester'], 'about.amount': ['应付金额', 'Amount to pay'], 'about.total': ['医疗费总额', "The bill's total"],
  sections: ['条款与结论', 'Sections and verdicts'], advice: ['（建议）', '(advice)'], certificatesAsked: ['请求次数', 'Asked'],
  doNow: ['现在请做', 'What to do now'], isOver: ['本项已判定。可以重做，或进行下一项。', 'This case was judged. Do it again, or go on to the next.'], centrePlays: ['中心的安排：{what}', 'The centre plays: {what}'], startCase: ['开始本项', 'Start'], again: ['重做', 'Again'],
  pressed: ['我已操作', 'I pressed it'], cancelled: ['已取消', 'Called off'], pressedTimes: ['已点“我已操作” {n} 次', '"I pressed it": {n}×'], closeCase: ['完成，判定', 'Done: judge it'],
  codes: ['参保人的码', "The patient's code"], codeNo: ['第 {n} 个码', 'Code {n}'], itsChannel: ['凭据与支付渠道', 'Certificates and channel'], questions: ['请回答', 'Please answer'], figures: ['请填写', 'Please fill in'],
  verdict: ['结论', 'Verdict'], asideBecause: ['不适用：{reason}', 'Not applicable: {reason}'], expected: ['应当', 'Expected'], seen: ['实际', 'Seen'], 'weight.fails': ['不通过', 'fails'], 'weight.warns': ['警告', 'warns'], onlyWarns: ['仅警告', 'warns only'],
  evidence: ['交互证据', 'Evidence'], notApplicable: ['本项不适用…', 'Not applicable…'], reason: ['原因', 'Reason'],

  // Set-up
  setupWhat: ['evoucher-sandbox {version} · 已登记的 orgId：{orgId}', 'evoucher-sandbox {version} · registered orgId: {orgId}'], 'address.http': ['HTTP', 'HTTP'], 'address.https-pin': ['HTTPS · 固定证书 pinSha256', 'HTTPS with pinSha256'], 'address.https-ca': ['HTTPS · 根证书 caFile', 'HTTPS with caFile'],
  firstCall: ['第一次调用', 'First call'], languages: ['编程语言', 'Languages'], caWhat: ['每次启动都会重新生成；重启沙箱后须重新保存。', 'Made anew at each start: save it again after a restart.'],
  tlsPorts: ['TLS 端口', 'TLS ports'], tlsWhat: ['除正常端口外，其余端口各演示一种连接故障，程序都应当拒绝或报错。', 'All but the good one play something that goes wrong before HTTP: a program must refuse it or report it.'], portName: ['名称', 'Name'], address: ['地址', 'Address'], portWhat: ['说明', 'What it is'], fingerprint: ['SHA-256 指纹', 'SHA-256 fingerprint'],
  interface: ['接口', 'Interface'], interfaceWhat: ['此页所能做的都有 HTTP 接口，可用于自动化测试：', 'All that this page does is an HTTP interface, for your own tests:'],
};

/// The services, in the order of the flows.
export const SERVICES = ['tokenPwdCheckNotc', 'tokenPwdStas', 'signedQuery', 'genPayCert', 'echo'];

// The reader's choice; else the browser's language; Chinese where that is neither.
const remembered = localStorage.getItem('language');
let now = remembered === 'zh' || remembered === 'en' ? remembered : navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh';
const unknown = new Set();

export const language = () => now;
export function switchLanguage() {
  now = now === 'zh' ? 'en' : 'zh';
  localStorage.setItem('language', now);
}

/// A text of the table.
export function t(key, values = {}) {
  if (!Object.hasOwn(TEXTS, key)) {
    unknown.add(key);
    return key;
  }
  return TEXTS[key][now === 'zh' ? 0 : 1].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/// For tests: the texts that lack a language, and those that were asked for and do not exist.
export const missing = () => [...Object.keys(TEXTS).filter(key => TEXTS[key].length !== 2 || TEXTS[key].some(text => !text)), ...unknown];

/// A text of the station's, which comes in both languages.
export const say = text => (text ? text[now] || text.zh || text.en || '' : '');

/// A service's name in words; a name that is none of them as it is.
export const serviceName = name => (SERVICES.includes(name) ? t(`service.${name}`) : name ?? '');

const BY = ['address', 'token', 'rule', 'chaos', 'rate'];
/// Who chose a fault.
export const faultBy = by => (BY.includes(by) ? t(`by.${by}`) : by ?? '');

/// Where an exchange stands.
export const stateName = e => t(`state.${e.state !== 'done' ? e.state : e.failed ? 'failed' : 'fine'}`);
